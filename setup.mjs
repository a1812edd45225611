// Installs the packages and the Node of package.json when they are missing or older than package-lock.json; else does nothing.
// Every npm script begins with it. It runs on whatever Node is there, hence plain JavaScript and no package.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = realpathSync(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const binaries = join(modules, '.bin')
const lock = join(root, 'package-lock.json')
/** What node_modules was made from; written last, so an interrupted installation is done again. */
const installedLock = join(modules, '.setup-lock.json')
/** Held while installing, so that two commands started together install once. */
const guard = join(root, '.setup.lock')
const guardLifetime = 15 * 60_000
const windows = process.platform === 'win32'
const pinned = join(binaries, windows ? 'node.cmd' : 'node')
const say = message => process.stderr.write(`setup: ${message}\n`)

class SetupError extends Error {}

/** From there on Node runs TypeScript files as they are. */
const isNewEnough = version => {
  const [major = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major >= 24
}

/** Folders of PATH but for this project's own: what is in there is about to be replaced. */
const outsidePath = () =>
  (process.env.PATH ?? '').split(delimiter).filter(folder => !resolve(folder).startsWith(modules))

/** A Node that the installation does not replace under itself. */
function outsideNode() {
  const found = outsidePath().map(folder => join(folder, windows ? 'node.exe' : 'node'))
  const candidates = [process.env.npm_node_execpath, process.execPath, ...found]
  const node = candidates.find(path => path && existsSync(path) && !realpathSync(path).startsWith(modules))
  if (!node) throw new SetupError('There is no Node outside this folder to install with; put one on the PATH')
  return node
}

/** The npm that started this script, else the one on the PATH. */
function npm(...args) {
  const env = { ...process.env, PATH: outsidePath().join(delimiter) }
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-progress']
  const own = process.env.npm_execpath
  const [command, ...first] = own?.endsWith('npm-cli.js')
    ? [outsideNode(), own]
    : [windows ? 'npm.cmd' : 'npm']
  const options = {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: windows && !first.length,
  }
  const result = spawnSync(command, [...first, ...args, ...quiet], options)
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim()
  return { ok: result.status === 0, output }
}

function ready() {
  if (!existsSync(installedLock) || !readFileSync(installedLock).equals(readFileSync(lock))) return false
  return existsSync(pinned) || isNewEnough(process.version)
}

function installPackages() {
  const { ok, output } = npm('ci', '--include=dev', '--include=optional', '--ignore-scripts')
  if (!ok)
    throw new SetupError(
      `\`npm ci\` failed:\n${output}\nIs the npm registry reachable? Then run the command again.`,
    )
}

/** Its package fetches the binary in an install script, the only one that is let run. Without it a new enough Node of the machine will do. */
function installNode(version) {
  const { output } = npm('rebuild', 'node', '--ignore-scripts=false')
  const answer = spawnSync(pinned, ['--version'], { encoding: 'utf8', shell: windows })
  if (answer.status === 0) return
  rmSync(pinned, { force: true })
  const machine = spawnSync(outsideNode(), ['--version'], { encoding: 'utf8' }).stdout.trim()
  if (!isNewEnough(machine)) {
    throw new SetupError(
      `Node ${version} could not be installed for ${process.platform} ${process.arch}, and Node ${machine} is too old:\n` +
        `${output || answer.error?.message || answer.stderr}\nInstall Node 24 (https://nodejs.org) and run the command again.`,
    )
  }
  say(
    `Node ${version} is not available for ${process.platform} ${process.arch}; using the machine's ${machine}`,
  )
}

function install() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  say(`installing packages and Node ${devDependencies.node} into node_modules (once; about half a minute)`)
  rmSync(installedLock, { force: true })
  installPackages()
  installNode(devDependencies.node)
  copyFileSync(lock, installedLock)
}

/** True when this process made the guard; false when another one holds it. */
function takeGuard() {
  try {
    writeFileSync(guard, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw new SetupError(`Packages have to be installed, and ${root} is not writable: ${error.message}`)
  }
}

const isAlive = pid => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Throws away the guard of a setup that was killed. */
function dropDeadGuard() {
  try {
    const holder = readFileSync(guard, 'utf8')
    const age = Date.now() - statSync(guard).mtimeMs
    // A guard without a number is one that is being written, unless it stays so.
    if (holder === '' ? age < 5000 : isAlive(Number(holder)) && age < guardLifetime) return
    const dropped = `${guard}.${process.pid}`
    renameSync(guard, dropped)
    // Another waiter may have dropped the dead one already, and this is the guard of a living.
    if (readFileSync(dropped, 'utf8') === holder) rmSync(dropped)
    else renameSync(dropped, guard)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

async function guarded(work) {
  for (let told = false; !takeGuard(); told = true) {
    if (!told) say('another command is installing; waiting for it')
    dropDeadGuard()
    await wait(100 + Math.random() * 200)
  }
  try {
    work()
  } finally {
    rmSync(guard, { force: true })
  }
}

try {
  if (!ready()) await guarded(() => ready() || install())
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  process.exitCode = 1
}
