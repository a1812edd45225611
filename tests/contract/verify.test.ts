import { hash, randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { functions } from '#functions'
import { collect, once } from '#lib/bytes'
import { type ErrorCode, RespaldoError } from '#lib/errors'
import { decodeIndex, encodeIndex } from '#lib/repository/index-file'
import { type DatabaseManifest, encodeManifest } from '#lib/repository/manifest'
import { writeProof } from '#lib/repository/proofs'
import { openRepository, type Repository } from '#lib/repository/repository'
import type { Services } from '#lib/services'
import { readRetentionFacts } from '#lib/steps/retention-facts'
import type { Verified } from '#lib/steps/verify-backup'
import { memoryStore } from '#lib/store/memory'
import { manualClock } from '../doubles/clock.ts'
import { type FaultyStore, faultyStore } from '../doubles/faults.ts'
import { emptyServices } from '../doubles/services.ts'
import { plainDump, writeBackup } from '../fixtures/backups.ts'

const clock = manualClock()
let store: FaultyStore
let repository: Repository
let chain: DatabaseManifest[]

const words = Array.from({ length: 30_000 }, () => randomBytes(24).toString('hex'))
const started = (day: number) => `2025-04-0${day}T16:00:00.000Z`
const folderOf = ({ id, source }: DatabaseManifest) => `sources/${source.id}/${id}/`
const reference = ({ id, source }: DatabaseManifest) => `${source.id}/${id}`

beforeEach(async () => {
  store = faultyStore(memoryStore())
  repository = await openRepository(store, clock, { create: true })
  const full = await writeBackup(repository, { ...plainDump(words), started: started(1) })
  const changed = plainDump(words.toSpliced(15_000, 1, 'changed'))
  const first = await writeBackup(repository, { ...changed, started: started(2), chain: [full] })
  const more = plainDump([...words, 'appended'])
  const second = await writeBackup(repository, { ...more, started: started(3), chain: [full, first] })
  chain = [full, first, second]
})

async function call<Result>(
  name: string,
  input: Record<string, unknown>,
  world: Partial<Services> = {},
): Promise<[status: number, Result]> {
  const { app, method } = functions[name]!
  const services = emptyServices({ clock, repository: async () => repository, ...world })
  const query = method === 'GET' ? `?${new URLSearchParams(input as Record<string, string>)}` : ''
  const body = method === 'POST' ? { body: JSON.stringify(input) } : {}
  const answer = await app.request(`/${query}`, { method, ...body }, services)
  return [answer.status, (await answer.json()) as Result]
}

interface Answer {
  verified?: Verified[]
  error?: { code: string; message: string; context?: { verified: Verified[] } }
  warnings?: { message: string }[]
}

/** What was found, by backup; the time moves on, as it does. */
async function verify(input: Record<string, unknown>): Promise<Map<string, Verified>> {
  await clock.advance(1000)
  const [status, answer] = await call<Answer>('verify', input)
  const verified = answer.verified ?? answer.error?.context?.verified
  if (!verified) throw new Error(JSON.stringify(answer))
  expect(status).toBe(answer.verified ? 200 : 500)
  expect(verified.every(({ verdict }) => verdict === 'passed')).toBe(status === 200)
  return new Map(verified.map(one => [`${one.source}/${one.id}`, one]))
}

const problems = (verified: Map<string, Verified>, backup: DatabaseManifest) =>
  verified.get(reference(backup))!.problems.map(({ object, message }) => ({ object, message }))

const standings = async () => {
  const [, { backups }] = await call<{ backups: { id: string; proven: boolean; proof: object }[] }>(
    'list',
    {},
  )
  return backups.map(({ proof }) => proof).toReversed()
}

async function change(key: string, how: (bytes: Buffer) => Uint8Array): Promise<void> {
  await store.put(key, once(how(Buffer.from(await collect(store.get(key))))))
}

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  return bytes
}

/** Writes the manifest anew, with its own sum right. */
async function reseal(manifest: DatabaseManifest, facts: Partial<DatabaseManifest>): Promise<void> {
  await store.put(`${folderOf(manifest)}manifest.json`, once(encodeManifest({ ...manifest, ...facts })))
}

describe('a sound chain', () => {
  test('is readable from end to end, each backup by itself, and the proof says what was seen', async () => {
    const verified = await verify({ all: true })
    expect([...verified.keys()]).toEqual(chain.map(reference))
    for (const [at, backup] of chain.entries()) {
      const rows = at === 2 ? 30_001 : 30_000
      const outcome = verified.get(reference(backup))!
      expect(outcome).toMatchObject({
        level: 'readable',
        verdict: 'passed',
        problems: [],
        stray: [],
        evidence: { objects: 5, chunks: backup.chunks.count, rawBytes: backup.sizes.raw, tables: 1, rows },
      })
      const proof = JSON.parse((await collect(store.get(outcome.proof!))).toString())
      expect(proof).toMatchObject({
        format: 1,
        source: 'pc_db',
        backup: backup.id,
        verdict: 'passed',
        finished: clock.now().toISOString(),
        host: 'here',
        tool: 'respaldo test',
        evidence: outcome.evidence,
      })
    }
    const passed = { level: 'readable', time: clock.now().toISOString() }
    expect(await standings()).toEqual([{ passed }, { passed }, { passed }])
  })

  test('is checked with one reading of each data file, however many backups need it', async () => {
    store.arrange()
    await verify({ all: true, level: 'checked' })
    const reads = store.calls.filter(({ method, key }) => method === 'get' && key.endsWith('.sql.zst'))
    const data = reads.filter(({ key }) => !key.endsWith('globals.sql.zst')).map(({ key }) => key)
    expect(data).toEqual(chain.map(backup => `${folderOf(backup)}database.sql.zst`))
  })

  test('is verified without a lease, the latest unless one is named', async () => {
    const before = await Array.fromAsync(store.list(''))
    store.arrange()
    expect([...(await verify({})).keys()]).toEqual([reference(chain[2]!)])
    expect([...(await verify({ backup: chain[0]!.id, level: 'checked' })).keys()]).toEqual([
      reference(chain[0]!),
    ])
    const leases = store.calls.filter(({ method, key }) => method === 'put' && key.startsWith('leases/'))
    expect(leases.map(({ key }) => dirname(key))).toEqual(['leases/pc_db/readers', 'leases/pc_db/readers'])
    const added = (await Array.fromAsync(store.list(''))).filter(key => !before.includes(key))
    expect(added.map(key => key.replace(/.*Z-/, ''))).toEqual(['checked-passed.json', 'readable-passed.json'])
  })

  test('counts as proven for retention when it was restored and nothing failed since', async () => {
    const [full] = chain as [DatabaseManifest]
    const proof = { format: 1 as const, source: 'pc_db', backup: full.id, started: started(4), seconds: 1 }
    const rest = { host: 'here', tool: 'respaldo test', evidence: {}, problems: [] }
    const proven = async () =>
      (await readRetentionFacts(repository)).backups.map(({ proven }) => proven).toReversed()
    const restored = { level: 'restored' as const, verdict: 'passed' as const, finished: started(5) }
    await writeProof(store, { ...proof, ...rest, ...restored })
    expect(await proven()).toEqual([true, false, false])
    const failed = { level: 'checked' as const, verdict: 'failed' as const, finished: started(6) }
    await writeProof(store, { ...proof, ...rest, ...failed })
    expect(await proven()).toEqual([false, false, false])
  })

  test('keeps its proofs out of what makes it: they come and go with its folder', async () => {
    await verify({ all: true })
    expect((await repository.catalog()).backups).toHaveLength(3)
    await store.delete([`${folderOf(chain[2]!)}manifest.json`])
    expect((await repository.catalog()).backups).toHaveLength(2)
    expect(await repository.clearUnfinished('pc_db')).toBe(1)
    expect(await Array.fromAsync(store.list(folderOf(chain[2]!)))).toEqual([])
  })
})

describe('damage', () => {
  test('of the full takes down its chain, and is mended by putting the file back', async () => {
    const key = `${folderOf(chain[0]!)}database.sql.zst`
    const whole = await collect(store.get(key))
    await verify({ all: true })
    await change(key, flip(whole.length >> 1))
    const found = await verify({ backup: chain[1]!.id })
    expect(found.get(reference(chain[1]!))).toMatchObject({
      verdict: 'failed',
      problems: [{ object: key, code: 'data-corrupt', takesDown: chain.map(reference).toReversed() }],
    })
    // Nobody looked at the others, but what is missing to one is missing to them.
    const failed = { level: 'checked', time: expect.any(String) }
    expect(await standings()).toMatchObject([{ failed }, { failed: { level: 'readable' } }, { failed }])
    for (const [, { verdict }] of await verify({ all: true, level: 'checked' }))
      expect(verdict).toBe('failed')
    expect(await standings()).toMatchObject([{ failed }, { failed }, { failed }])
    await store.put(key, once(whole))
    await verify({ all: true })
    const passed = { level: 'readable', time: expect.any(String) }
    expect(await standings()).toEqual([{ passed }, { passed }, { passed }])
  })

  test('of several objects is found in all of them', async () => {
    const [full, first, second] = chain as [DatabaseManifest, DatabaseManifest, DatabaseManifest]
    await store.delete([`${folderOf(full)}index`, `${folderOf(second)}tables.json.zst`])
    await change(`${folderOf(full)}database.sql.zst`, flip(-1))
    await change(`${folderOf(first)}database.sql.zst`, bytes => bytes.subarray(1))
    await change(`${folderOf(second)}globals.sql.zst`, flip(20))
    const found = await verify({ all: true })
    const shared = [
      { object: `${folderOf(full)}index`, message: `${folderOf(full)}index is missing` },
      {
        object: `${folderOf(full)}database.sql.zst`,
        message: expect.stringContaining("its SHA-256 is not the manifest's"),
      },
    ]
    const ofFirst = { object: `${folderOf(first)}database.sql.zst`, message: expect.any(String) }
    expect(problems(found, full)).toEqual(shared)
    expect(problems(found, first)).toEqual([ofFirst, ...shared])
    expect(problems(found, second)).toEqual([
      ...shared,
      ofFirst,
      { object: `${folderOf(second)}tables.json.zst`, message: expect.stringContaining('is missing') },
      { object: `${folderOf(second)}globals.sql.zst`, message: expect.stringContaining('its SHA-256') },
    ])
  })

  test('by which a backup of the chain is gone names it and all that it takes down', async () => {
    const [full, first, second] = chain as [DatabaseManifest, DatabaseManifest, DatabaseManifest]
    const gone = `${folderOf(full)}manifest.json`
    await store.delete([gone])
    const found = await verify({ all: true })
    expect([...found.keys()]).toEqual([first, second].map(reference))
    for (const { problems } of found.values())
      expect(problems).toEqual([
        {
          object: gone,
          code: 'data-corrupt',
          message: `${gone} is missing`,
          hint: expect.stringContaining('copy of the repository'),
          takesDown: [second, first].map(reference),
        },
      ])
  })

  test('that no sum finds is found: runs that point past their chain, facts that contradict each other', async () => {
    const [full, first, second] = chain as [DatabaseManifest, DatabaseManifest, DatabaseManifest]
    const key = `${folderOf(second)}index`
    const index = decodeIndex(Buffer.from(await collect(store.get(key))), key)
    const segments = [...index.segments].map(run =>
      run.backup === 1 ? { ...run, first: run.first + 1 } : run,
    )
    const bytes = encodeIndex({ ...index, segments })
    const sha256 = hash('sha256', bytes)
    await store.put(key, once(bytes))
    await reseal(second, { objects: { ...second.objects, index: { ...second.objects.index, sha256 } } })
    await reseal(first, { totals: { tables: 1, rows: 7 } })
    await reseal(full, { sizes: { ...full.sizes, raw: full.sizes.raw + 1 } })
    const found = await verify({ all: true, level: 'checked' })
    expect(problems(found, full)).toMatchObject([{ message: expect.stringContaining('raw bytes: ') }])
    expect(problems(found, first).at(-1)).toMatchObject({
      message: expect.stringContaining('rows: 30000 instead of 7'),
    })
    await reseal(full, {})
    expect(problems(await verify({ backup: second.id }), second)).toMatchObject([
      { object: key, message: expect.stringContaining('does not fit') },
    ])
  })

  test('of a manifest is told beside the backups that can be read', async () => {
    await change(`${folderOf(chain[2]!)}manifest.json`, flip(100))
    const found = await verify({ all: true })
    const verdicts = [...found.values()].map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['passed', 'passed', 'failed'])
    expect(problems(found, chain[2]!)).toMatchObject([{ object: `${folderOf(chain[2]!)}manifest.json` }])
  })
})

describe('a dump', () => {
  test.each([
    ['that is cut', (raw: Buffer) => raw.subarray(0, -10), 'without the last line of a dump'],
    ['with a row less', (raw: Buffer) => raw.subarray(0), '"public.t" has 3 rows instead of 4'],
  ])('%s is checked, and not readable', async (_, harm, words) => {
    const { raw, tables } = plainDump(['one', 'two', 'three'])
    const rows = words.includes('of 4') ? 4 : 3
    const told = { raw: harm(raw), tables: [{ ...tables[0]!, rows }], started: started(9) }
    const backup = await writeBackup(repository, told)
    await verify({ backup: backup.id, level: 'checked' })
    const found = await verify({ backup: backup.id, level: 'readable' })
    expect(problems(found, backup)).toMatchObject([{ message: expect.stringContaining(words) }])
    const last = (await standings()).at(-1)
    expect(last).toMatchObject({ passed: { level: 'checked' }, failed: { level: 'readable' } })
  })
})

describe('a trial restore', () => {
  const trial = (code: ErrorCode) =>
    call<Answer>(
      'verify',
      { level: 'restored' },
      {
        scratch: () => Promise.reject(new RespaldoError(code, 'The scratch server said no')),
      },
    )

  test('that a client refuses is a failure of the backup, kept beside what it passed before', async () => {
    await verify({ level: 'readable' })
    await clock.advance(1000)
    const [status, { error }] = await trial('command-failed')
    const message = expect.stringContaining('could not be restored: The scratch server said no')
    expect([status, error]).toMatchObject([500, { code: 'data-corrupt', message }])
    const [, , last] = await standings()
    expect(last).toMatchObject({ passed: { level: 'readable' }, failed: { level: 'restored' } })
  })

  test('for which there is no place says nothing of the backup', async () => {
    expect(await trial('environment-unavailable')).toMatchObject([503, {}])
    expect(await standings()).toEqual([{}, {}, {}])
  })
})

describe('what is no damage', () => {
  test('a stray file is named, and no failure', async () => {
    const stray = `${folderOf(chain[0]!)}notes.txt`
    await store.put(stray, once('mine'))
    const [status, answer] = await call<Answer>('verify', { backup: chain[0]!.id })
    expect([status, answer.verified![0]!.stray]).toEqual([200, [stray]])
    expect(answer.warnings).toMatchObject([{ message: expect.stringContaining(stray) }])
  })

  test('a repository that cannot be written is verified all the same, with a warning', async () => {
    const error = new RespaldoError('store-denied', 'It is read-only')
    store.arrange({ method: 'put', nth: 1, error }, { method: 'put', nth: 2, error })
    const [status, { verified, warnings }] = await call<Answer>('verify', {})
    expect([status, verified![0]!.verdict, verified![0]!.proof]).toEqual([200, 'passed', undefined])
    const message = expect.stringContaining('It is read-only')
    expect(warnings).toMatchObject([{ message }, { message }])
  })

  test('a backup that is removed meanwhile is passed over, and an error where it was meant', async () => {
    const [, , second] = chain as [DatabaseManifest, DatabaseManifest, DatabaseManifest]
    const removing = faultyStore(store)
    const { stat } = removing
    let looks = 0
    removing.stat = async key => {
      const isManifest = key === `${folderOf(second)}manifest.json`
      if (isManifest && looks++ > 0) await store.delete([key])
      return stat(key)
    }
    repository = await openRepository(removing, clock, { create: false })
    const [status, { verified, warnings }] = await call<Answer>('verify', { all: true })
    expect([status, verified!.length]).toEqual([200, 2])
    expect(warnings).toMatchObject([{ message: expect.stringContaining('was removed while') }])
    expect(await Array.fromAsync(store.list(`${folderOf(second)}proofs/`))).toEqual([])
    expect(await call('verify', { backup: second.id })).toMatchObject([404, {}])
  })

  test('a store that fails once, at any call, is never taken for damage', async () => {
    const { raw, tables } = plainDump(['one', 'two'])
    const full = await writeBackup(repository, { raw, tables, source: 'small', started: started(1) })
    const last = { raw, tables, source: 'small', started: started(2), chain: [full] }
    const { id } = await writeBackup(repository, last)
    const error = new RespaldoError('store-unavailable', 'The disk is gone')
    store.arrange()
    await verify({ source: 'small', all: true })
    const calls = store.calls.length
    for (let nth = 1; nth <= calls; nth++) {
      store.arrange({ nth, error })
      const [status, answer] = await call<Answer>('verify', { source: 'small', all: true })
      const message = answer.error?.message ?? answer.warnings?.[0]?.message
      expect([nth, status === 200 || answer.error?.code]).toEqual([
        nth,
        status === 200 || 'store-unavailable',
      ])
      // That somebody no longer reads is said by silence too.
      if (store.calls[nth - 1]!.method !== 'delete') expect(message).toContain('The disk is gone')
      store.arrange()
      expect((await repository.find('latest', 'small')).id).toBe(id)
    }
    await verify({ source: 'small', all: true })
  })

  test('a store that does not answer is no verdict', async () => {
    const error = new RespaldoError('store-unavailable', 'The disk is gone')
    store.arrange({ method: 'get', key: /database/, nth: 1, error })
    const [status, answer] = await call<Answer>('verify', {})
    expect([status, answer.error]).toMatchObject([503, { code: 'store-unavailable' }])
    expect(await standings()).toEqual([{}, {}, {}])
  })
})

describe('bad input', () => {
  test.each([
    [{ backup: 'nothing' }, 404, 'backup-not-found'],
    [{ all: true, source: 'nowhere' }, 404, 'backup-not-found'],
    [{ all: true, backup: 'latest' }, 400, 'input-invalid'],
    [{ level: 'blessed' }, 400, 'input-invalid'],
  ])('%j', async (input, status, code) => {
    expect(await call<Answer>('verify', input)).toMatchObject([status, { error: { code } }])
  })
})
