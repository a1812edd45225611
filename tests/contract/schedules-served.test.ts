import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { RunRecord } from '#lib/runs/record'
import type { Firing } from '#lib/schedule/firing'
import { cli, type Started, startCli } from '../e2e/cli.ts'

async function folder(yaml: string): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'respaldo-served-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  await writeFile(join(made, 'respaldo.yaml'), yaml)
  return made
}

async function serving(cwd: string): Promise<Started> {
  const server = startCli(['serve', '--port', '0'], {}, cwd)
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await server.finished
  })
  await server.said(/Serving at/)
  return server
}

async function read<Document>(place: string, wanted: RegExp): Promise<Document[]> {
  const names = await readdir(place, { recursive: true }).catch(() => [])
  return Promise.all(
    names
      .filter(name => wanted.test(name))
      .map(async name => JSON.parse(await readFile(join(place, name), 'utf8')) as Document),
  )
}

const firings = (cwd: string) => read<Firing>(join(cwd, 'backups/schedules'), /Z\.json$/)
const runs = (cwd: string) => read<RunRecord>(join(cwd, 'backups/runs'), /^\d{4}-\d\d-\d\d\/.*\.json$/)

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await wait(200)
}

/** Fifty schedules, of which five fire in every second. */
const fifty = Array.from(
  { length: 50 },
  (_, index) =>
    `  s${index}: { run: apply-retention, input: { dryRun: true }, cron: '${index % 10}-59/10 * * * * *' }`,
)

test('two servers share a repository, one is killed: every firing is claimed once, and runs once at most', async () => {
  const cwd = await folder(`schedules:\n${fifty.join('\n')}\n`)
  const [one, two] = await Promise.all([serving(cwd), serving(cwd)])
  await until(async () => (await runs(cwd)).length > 20)
  one.kill('SIGKILL')
  await one.finished
  const before = (await firings(cwd)).filter(({ state }) => state === 'succeeded').length
  await until(
    async () => (await firings(cwd)).filter(({ state }) => state === 'succeeded').length > before + 30,
  )
  await until(
    async () =>
      !(await firings(cwd)).some(({ state, holder }) => state === 'claimed' && holder.pid === one.pid),
  )
  two.kill('SIGTERM')
  expect((await two.finished).exitCode).toBe(0)

  const claimed = await firings(cwd)
  expect(new Set(claimed.map(({ holder }) => holder.pid))).toEqual(new Set([one.pid, two.pid]))
  for (const [name, some] of Map.groupBy(claimed, ({ schedule }) => schedule)) {
    const at = some.map(firing => Date.parse(firing.at)).sort()
    // From its first moment to its last none is missing.
    expect(
      at.map(moment => moment - at[0]!),
      name,
    ).toEqual(at.map((_, index) => index * 10_000))
  }
  const keys = (await runs(cwd)).map(({ idempotencyKey }) => idempotencyKey)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.length).toBeGreaterThan(50)
  expect(claimed.filter(({ state }) => state === 'claimed')).toEqual([])
})

test('at SIGHUP the configuration is read again, but the old one kept when the new one is wrong', async () => {
  const every = (second: string, name: string) =>
    `  ${name}: { run: apply-retention, cron: '${second} * * * * *' }\n`
  const cwd = await folder(`schedules:\n${every('*', 'first')}`)
  const server = await serving(cwd)
  const of = async (name: string) => (await firings(cwd)).filter(({ schedule }) => schedule === name).length
  await until(async () => (await of('first')) > 1)

  await writeFile(join(cwd, 'respaldo.yaml'), `schedules:\n${every('*', 'second')}retenion: {}\nhosts: 5\n`)
  server.kill('SIGHUP')
  const said = await server.said(/"configuration":"the old one is kept".*\n/)
  for (const problem of ['did you mean retention?', 'hosts: ']) expect(said).toContain(problem)
  const then = await of('first')
  await until(async () => (await of('first')) > then + 1)
  expect(await of('second')).toBe(0)

  await writeFile(join(cwd, 'respaldo.yaml'), `schedules:\n${every('*', 'second')}`)
  server.kill('SIGHUP')
  await server.said(/"configuration":"read again"/)
  await until(async () => (await of('second')) > 1)
  const { schedules } = (await cli(['schedule', 'list', '--json'], {}, cwd)).json<{
    schedules: { name: string; last: Firing }[]
  }>()
  expect(schedules.map(({ name, last }) => [name, last.schedule])).toEqual([['second', 'second']])
  server.kill('SIGTERM')
  expect((await server.finished).exitCode).toBe(0)
})
