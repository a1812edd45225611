import { execFileSync, spawn } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const install = [
  'ci --include=dev --include=optional --ignore-scripts --loglevel=error',
  'rebuild node --ignore-scripts=false --loglevel=error',
]

let folder: string

beforeEach(async () => {
  // A space, as in "My Projects".
  folder = await mkdtemp(join(tmpdir(), 'respaldo setup-'))
  await copyFile(join(root, 'setup.mjs'), join(folder, 'setup.mjs'))
  await writeFile(join(folder, 'package.json'), '{"devDependencies":{"node":"24.0.0"}}')
  await writeFile(join(folder, 'package-lock.json'), '{"lock":1}')
})
afterEach(() => rm(folder, { recursive: true }))

async function setup(env: Record<string, string> = {}) {
  const npm = join(import.meta.dirname, 'fixtures/npm-cli.js')
  const child = spawn(process.execPath, ['setup.mjs'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      npm_execpath: npm,
      npm_node_execpath: await machineNode(env.MACHINE),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const said = await text(child.stderr)
  return { status: await ended, said }
}

/** A Node outside of the project that claims to be this version. */
async function machineNode(version = process.version): Promise<string> {
  const path = join(folder, `node-${version}`)
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo ${version} || exec "${process.execPath}" "$@"\n`
  await writeFile(path, script, { mode: 0o755 })
  return path
}

const calls = async () =>
  (await readFile(join(folder, 'calls.log'), 'utf8').catch(() => '')).split('\n').slice(0, -1)

test('installs once, with development packages and without foreign scripts', async () => {
  expect(await setup({ NODE_ENV: 'production' })).toMatchObject({
    status: 0,
    said: expect.stringMatching(/installing packages and Node 24\.0\.0/),
  })
  expect(await setup()).toEqual({ status: 0, said: '' })
  expect(await calls()).toEqual(install)
})

test('installs again when the lock changed, or an installation was interrupted', async () => {
  await setup()
  await writeFile(join(folder, 'package-lock.json'), '{"lock":2}')
  await setup()
  await rm(join(folder, 'node_modules/.setup-lock.json'))
  await setup()
  expect(await calls()).toEqual([...install, ...install, ...install])
})

test('two at once install once', async () => {
  const both = await Promise.all([setup(), setup()])
  expect(both.map(one => one.status)).toEqual([0, 0])
  expect(await calls()).toEqual(install)
})

test('a killed setup does not block the next', async () => {
  const dead = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()
  await writeFile(join(folder, '.setup.lock'), dead)
  expect(await setup()).toMatchObject({ status: 0 })
  expect(await calls()).toEqual(install)
})

test('says what npm said, and installs at the next try', async () => {
  const { status, said } = await setup({ FAKE_NPM: 'down' })
  expect({ status, said }).toMatchObject({
    status: 1,
    said: expect.stringMatching(/npm ci` failed:\nnpm error network: no answer\nIs the npm registry/),
  })
  expect(await setup()).toMatchObject({ status: 0 })
})

test('without the pinned Node, the new enough one of the machine will do', async () => {
  const env = { FAKE_PINNED: 'none', MACHINE: 'v24.1.0' }
  expect(await setup(env)).toMatchObject({
    status: 0,
    said: expect.stringMatching(/not available for .*; using the machine's v24\.1\.0/),
  })
  expect(await setup(env)).toEqual({ status: 0, said: '' })
})

test('without the pinned Node and with an old one, says what to install', async () => {
  const { status, said } = await setup({ FAKE_PINNED: 'none', MACHINE: 'v20.11.0' })
  expect({ status, said }).toMatchObject({
    status: 1,
    said: expect.stringMatching(/Node v20\.11\.0 is too old[\s\S]*Install Node 24/),
  })
})
