import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { RunRecord } from '#lib/runs/record'
import type { Firing } from '#lib/schedule/firing'
import { openDemoDatabase } from '../../demo/walkthrough.ts'
import { cli, startCli } from '../e2e/cli.ts'

const yaml = `
sources: [{ name: shop, environment: embedded, folder: shop }]
schedules:
  often: { cron: '*/2 * * * * *', then: [verify, { run: apply-retention, input: { keepLast: 1 } }] }
  never: { every: yesterday }
`

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'respaldo-scheduled-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  await openDemoDatabase(join(made, 'shop'))
  return made
}

test('a schedule backs up, verifies and applies retention, by a server and by hand', async () => {
  const cwd = await folder()
  await writeFile(join(cwd, 'respaldo.yaml'), yaml)
  const wrong = await cli(['serve', '--port', '0'], {}, cwd)
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('schedules.never.every: has to be'),
  ])

  await writeFile(join(cwd, 'respaldo.yaml'), yaml.replace(/ {2}never.*\n/, ''))
  const server = startCli(['serve', '--port', '0'], {}, cwd)
  onTestFinished(() => server.kill('SIGKILL'))
  await server.said(/"schedule":"often".*"state":"succeeded"/)
  server.kill('SIGTERM')
  expect((await server.finished).exitCode).toBe(0)

  const { runs } = (await cli(['runs', '--json'], {}, cwd)).json<{ runs: RunRecord[] }>()
  const done = runs
    .filter(({ state }) => state === 'succeeded')
    .map(({ function: name, by, input }) => [name, by, input])
  const by = { origin: 'cron', name: 'often' }
  expect(done).toEqual(
    expect.arrayContaining([
      ['create', by, {}],
      ['verify', by, { source: 'shop' }],
      ['apply-retention', by, { keepLast: 1, source: 'shop' }],
    ]),
  )
  const { schedules } = (await cli(['schedule', 'list', '--json'], {}, cwd)).json<{
    schedules: { last: Firing; next: string }[]
  }>()
  expect(schedules[0]!.last.times).toBe('*/2 * * * * * UTC')
  expect(['succeeded', 'skipped', 'cancelled']).toContain(schedules[0]!.last.state)

  const byHand = (await cli(['schedule', 'run', 'often', '--json'], {}, cwd)).json<{
    runs: { function: string; input: object }[]
  }>()
  expect(byHand.runs.map(({ function: name, input }) => [name, input])).toEqual([
    ['create', {}],
    ['verify', { source: 'shop' }],
    ['apply-retention', { keepLast: 1, source: 'shop' }],
  ])
})
