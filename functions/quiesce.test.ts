import { expect, test } from 'vitest'
import { RespaldoError } from '#lib/errors'
import { openEntry, readEntries } from '#lib/repository/journal'
import { emptyServices } from '../tests/doubles/services.ts'
import { stillServer } from '../tests/doubles/still-database.ts'
import { type StillWorkload, stillWorkloads } from '../tests/doubles/still-workloads.ts'
import { functions } from './index.ts'

const clients: StillWorkload[] = [
  { name: 'web', clientOf: 'pc_db', dependsOn: ['pc_db'] },
  { name: 'pc_db', clientOf: 'pc_db' },
  { name: 'other', clientOf: 'shop' },
]

/** A database with clients; `seen` are their states whenever its dump or its restore reads. */
function world({ dump, seeGlobals = false }: { dump?: () => Promise<void>; seeGlobals?: boolean } = {}) {
  const workloads = stillWorkloads(clients)
  const states = () => clients.map(({ name }) => `${name} ${workloads.state(name)}`)
  const seen: string[][] = []
  const fails = { restore: false }
  const server = stillServer()
  let runs = 0
  const services = emptyServices({
    newRun: () => `run-${++runs}`,
    isAlive: ({ pid }) => pid === 1,
    workloads: place => {
      if (place.environment !== 'docker')
        throw new RespaldoError('input-invalid', 'Nothing can be stopped there')
      return { place, workloads }
    },
    async locate(wanted) {
      const located = await server.locate(wanted)
      const { database } = located
      const dumped: typeof database.dump = async function* (...given) {
        seen.push(states())
        await dump?.()
        yield* database.dump(...given)
      }
      const run: typeof database.restores.run = async (...given) => {
        const result = await database.restores.run(...given)
        seen.push(states())
        if (fails.restore) throw new RespaldoError('command-failed', 'pg_restore failed')
        return result
      }
      const globals: typeof database.globals = (...given) => {
        if (seeGlobals) seen.push(states())
        return database.globals(...given)
      }
      return {
        ...located,
        database: { ...database, dump: dumped, globals, restores: { ...database.restores, run } },
      }
    },
  })
  const call = async (name: string, input: object) => {
    const { method, app } = functions[name]!
    const init = method === 'POST' ? { method, body: JSON.stringify(input) } : {}
    return (await app.request('/', init, services)).json() as Promise<{
      error?: object
      warnings?: { message: string }[]
      backup?: { id: string }
      plan?: { steps: string[] }
      backups?: object[]
    }>
  }
  return { workloads, services, call, seen, states, fails }
}

const going = ['web running', 'pc_db running', 'other running']
const resting = ['web stopped', 'pc_db running', 'other running']

test('clients of a database rest while it is dumped; the database itself and the clients of another go on', async () => {
  const { workloads, services, call, seen, states } = world()
  expect(await call('create', { stop: true })).not.toHaveProperty('error')
  expect(seen).toEqual([resting])
  expect(states()).toEqual(going)
  expect(workloads.done).toEqual(['halt web', 'resume web'])
  expect(await call('create', {})).not.toHaveProperty('error')
  expect(seen[1]).toEqual(going)
  const { store } = await services.repository({ create: false })
  expect(await readEntries(store)).toEqual([])
})

test('they go on as soon as the dump was read', async () => {
  const { call, seen } = world({ seeGlobals: true })
  await call('create', { pause: true, verify: 'checked' })
  expect(seen).toEqual([['web paused', 'pc_db running', 'other running'], going])
})

test('they go on when the dump fails', async () => {
  const dump = () => Promise.reject(new RespaldoError('command-failed', 'pg_dump failed'))
  const { call, states } = world({ dump })
  expect(await call('create', { stop: true })).toMatchObject({ error: { code: 'command-failed' } })
  expect(states()).toEqual(going)
})

test('a backup stays when a client does not come back, and the run fails', async () => {
  const { workloads, call } = world()
  workloads.fail('resume web', new RespaldoError('source-unreachable', 'It does not start'))
  expect(await call('create', { stop: true })).toMatchObject({
    error: { code: 'source-unreachable', hint: expect.stringContaining('docker start web') },
  })
  const { backups } = await call('list', {})
  expect(backups).toHaveLength(1)
})

test('clients of a database rest from before it is replaced; where nothing is replaced nobody may be asked to', async () => {
  const { call, seen, states } = world()
  await call('create', {})
  expect(await call('restore', { stop: true })).not.toHaveProperty('error')
  expect(seen[1]).toEqual(resting)
  expect(states()).toEqual(going)
  expect(await call('restore', { into: 'copy', stop: true })).toMatchObject({
    error: { code: 'input-invalid' },
  })
  expect(await call('create', { stop: true, pause: true })).toMatchObject({
    error: { code: 'input-invalid' },
  })
})

test('a plan says who would rest', async () => {
  const { workloads, call } = world()
  await call('create', {})
  const { plan } = await call('restore', { stop: true, dryRun: true })
  expect(plan?.steps).toEqual(['Let web rest from before the replacement until the end'])
  expect(workloads.done).toEqual([])
})

test('where nothing can be stopped, it is refused before anything is done', async () => {
  const { services, call } = world()
  const { locate } = services
  services.locate = async wanted => {
    const located = await locate(wanted)
    return { ...located, environment: { ...located.environment, name: 'embedded' } }
  }
  for (const name of ['create', 'restore']) {
    expect(await call(name, { stop: true })).toMatchObject({ error: { code: 'input-invalid' } })
    expect(await call('create', {})).not.toHaveProperty('error')
  }
})

test('recover: all but the database rests while it is restored, also when that fails, and nothing before it was confirmed', async () => {
  const { workloads, call, seen, states, fails } = world()
  await call('create', {})
  expect(await call('recover', { project: 'app' })).toMatchObject({
    error: { code: 'not-confirmed', context: { confirm: 'app' } },
  })
  expect(workloads.done).toEqual([])
  const confirmed = { project: 'app', confirm: 'app' }
  expect(await call('recover', confirmed)).toMatchObject({ stopped: ['web', 'other'], left: [] })
  expect(seen[1]).toEqual(['web stopped', 'pc_db running', 'other stopped'])
  expect(states()).toEqual(going)
  fails.restore = true
  expect(await call('recover', confirmed)).toMatchObject({ error: { code: 'command-failed' } })
  expect(states()).toEqual(going)
})

test('recover starts a database that does not run, and leaves it running', async () => {
  const { workloads, call, states } = world()
  await call('create', {})
  workloads.set('pc_db', 'stopped')
  workloads.set('other', 'stopped')
  expect(await call('recover', { project: 'app', confirm: 'app' })).toMatchObject({ stopped: ['web'] })
  expect(states()).toEqual(['web running', 'pc_db running', 'other stopped'])
})

test('who labelled nobody is told', async () => {
  const { workloads, call } = world()
  for (const { name } of clients) workloads.remove(name)
  const { warnings } = await call('create', { stop: true })
  expect(warnings).toMatchObject([{ message: 'Nothing is labelled as a client of pc_db, so nothing rests' }])
})

test.each(['list', 'status', 'create'])('%s starts first what a dead run left stopped', async name => {
  const { workloads, services, call, states } = world()
  await call('create', {})
  const { store } = await services.repository({ create: false })
  const entry = await openEntry(store, services.clock, {
    run: 'died',
    holder: { host: 'here', pid: 2, startedAt: '', function: 'create' },
    place: { environment: 'docker' },
    state: 'resting',
    halted: [{ workload: { name: 'web', id: 'id-web', kind: 'container' }, rest: 'stop' }],
    after: [],
  })
  workloads.set('web', 'stopped')
  const { warnings } = await call(name, {})
  expect(states()).toEqual(going)
  expect(warnings?.map(({ message }) => message)).toEqual([
    'create run died on here (process 2) died and left web at rest: started again',
  ])
  expect(await readEntries(store)).toEqual([])
  await entry.clear()
})
