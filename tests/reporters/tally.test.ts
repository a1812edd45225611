import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { objection } from './tally.ts'

const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
const reporter = join(import.meta.dirname, 'tally.ts')

test.for([
  { passed: 1, failed: 0, skipped: 0, ci: true, reason: undefined },
  { passed: 1, failed: 0, skipped: 1, ci: false, reason: undefined },
  {
    passed: 1,
    failed: 0,
    skipped: 1,
    ci: true,
    reason: '1 skipped: with CI set, a skipped test is a failed run.',
  },
  { passed: 0, failed: 0, skipped: 1, ci: false, reason: 'No test ran.' },
  { passed: 0, failed: 0, skipped: 0, ci: true, reason: 'No test ran.' },
])('$passed passed, $skipped skipped, CI $ci: $reason', ({ ci, reason, ...result }) => {
  expect(objection(result, ci)).toBe(reason)
})

/** Runs vitest for real on this one test file in `folder`, and gives its exit status and its last line. */
async function runOf(folder: string, source: string, env: Record<string, string>) {
  await writeFile(join(folder, 'sample.test.ts'), source)
  // `globals`, because the file lies where no package can be imported from.
  const flags = ['--root', folder, '--globals', '--reporter', 'default', '--reporter', reporter]
  const child = spawn(process.execPath, [vitest, 'run', ...flags], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const output = await text(child.stdout)
  return { status: await ended, last: output.trimEnd().split('\n').at(-1) }
}

const passes = "test('passes', () => {})\n"
const skips = "test.skip('a'); test.todo('b'); test('c', t => t.skip())\n"
const breaks = "describe('d', () => { beforeAll(() => { throw 1 }); test('e', () => {}) })\n"

test.for([
  { name: 'skips', source: passes + skips, env: {}, status: 0, last: '1 passed, 0 failed, 3 skipped' },
  {
    name: 'skips in CI',
    source: passes + skips,
    env: { CI: '0' },
    status: 1,
    last: '1 passed, 0 failed, 3 skipped',
  },
  { name: 'hook fails', source: passes + breaks, env: {}, status: 1, last: '1 passed, 1 failed, 1 skipped' },
  { name: 'does not load', source: 'throw 1', env: {}, status: 1, last: '0 passed, 1 failed, 0 skipped' },
])('a real run: $name', { timeout: 60_000 }, async ({ source, env, status, last }, { onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-tally-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  expect(await runOf(folder, source, env)).toEqual({ status, last })
})
