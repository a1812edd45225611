import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NumberedEvent, RunRecord } from '#lib/runs/record'
import { cli, startCli } from '../e2e/cli.ts'
import { heldRepository } from './server-process.ts'

let repository: Awaited<ReturnType<typeof heldRepository>>
beforeAll(async () => {
  repository = await heldRepository()
})
afterAll(() => repository[Symbol.asyncDispose]())

const respaldo = (...args: string[]) =>
  cli([...args, '--json', '--dir', repository.directory], {}, repository.folder)
const runs = async (...args: string[]) =>
  (await respaldo('runs', ...args)).json<{ runs: RunRecord[]; run: RunRecord; events: NumberedEvent[] }>()

test('a command that changes something is kept as a run; one that reads or plans is not', async () => {
  for (const command of [['pin', repository.backup], ['list'], ['apply-retention', '--dry-run']])
    expect(await respaldo(...command)).toMatchObject({ exitCode: 0 })
  const { runs: all } = await runs()
  expect(all).toMatchObject([
    {
      function: 'pin',
      by: { origin: 'cli' },
      state: 'succeeded',
      source: 'pc_db',
      input: { backup: repository.backup },
    },
  ])
  const { run, events } = await runs(all[0]!.id)
  expect([run, events.map(({ event }) => event.type)]).toEqual([all[0], ['done']])
})

test('one that fails is kept with its error, and fails all the same', async () => {
  expect(await respaldo('remove', repository.backup)).toMatchObject({ exitCode: 8 })
  expect((await runs('--state', 'failed')).runs).toMatchObject([
    { function: 'remove', error: { code: 'retention-unsafe' } },
  ])
})

test('one that was killed is marked by the next one', async () => {
  const lease = await repository.hold()
  const started = startCli(['pin', repository.backup, '--wait', '--dir', repository.directory])
  await started.said(/Waiting for pc_db/)
  started.kill('SIGKILL')
  await started.finished
  await lease.release()
  expect((await runs('--state', 'running')).runs).toHaveLength(1)
  await respaldo('pin', repository.backup)
  expect((await runs('--state', 'interrupted')).runs).toMatchObject([{ function: 'pin' }])
})

test('one that is interrupted by the user is kept as cancelled', async () => {
  const lease = await repository.hold()
  const started = startCli(['pin', repository.backup, '--wait', '--dir', repository.directory])
  await started.said(/Waiting for pc_db/)
  started.kill('SIGINT')
  expect((await started.finished).exitCode).toBe(130)
  await lease.release()
  expect((await runs('--state', 'cancelled')).runs).toMatchObject([{ function: 'pin' }])
})

test('there is no such run', async () => {
  const finished = await respaldo('runs', '../../respaldo')
  expect([finished.exitCode, finished.json<{ error: { code: string } }>().error.code]).toEqual([
    4,
    'run-not-found',
  ])
})
