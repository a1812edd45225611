import { execFileSync, spawnSync } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const hooks = join(import.meta.dirname, '../../.githooks')
// Nobody's own settings, and none that git hands to hooks, from which these tests may run.
const env = {
  PATH: process.env.PATH,
  HOME: tmpdir(),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
}
const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']

let repository: string

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'respaldo hooks-'))
  execFileSync('git', ['init', '--quiet', repository], { env })
  for (const file of ['commit-msg', 'commit-message.mjs']) {
    await copyFile(join(hooks, file), join(repository, '.git/hooks', file))
  }
})
afterAll(() => rm(repository, { recursive: true }))

/** Commits for real, with the project's commit-msg hook and no other. */
function commit(message: string) {
  const args = [...who, 'commit', '--quiet', '--allow-empty', '--file=-']
  return spawnSync('git', args, { cwd: repository, env, input: message, encoding: 'utf8' })
}

const longest = `store: ${'ñ'.repeat(65)}`

test.for([
  'store: refuse keys with empty segments',
  'lib/postgres: end the dump before the shell',
  longest,
  'docs: explain the format\n\nA body of any length, which may tell as much as it wants to in a single line.',
  '# a comment\n\nci: run the demo\n# ------------------------ >8 ------------------------\nno area here',
  'Merge branch "main"',
  'Revert "store: refuse keys"',
  'fixup! store: refuse keys',
])('accepts %j', message => {
  expect(commit(message)).toMatchObject({ status: 0, stderr: '' })
})

test.for([
  ['refuse keys', 'has to begin with an area'],
  ['Store: refuse keys', 'has to begin with an area'],
  ['store:refuse keys', 'has to begin with an area'],
  ['store: ', 'has to begin with an area'],
  [`${longest}ñ`, 'has 73 characters; 72 are allowed'],
  ['store: refuse keys.', 'ends with a full stop'],
  ['store: refuse keys\nwith empty segments', 'second line has to be empty'],
])('refuses %j', ([message = '', reason]) => {
  const { status, stderr } = commit(message)
  expect(status).toBe(1)
  expect(stderr).toContain(reason)
  expect(stderr).toContain('Example: store: refuse keys with empty segments')
})
