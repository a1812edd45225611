import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBridge } from './bridge.ts'
import type { Paths } from './paths.ts'
import { answers } from './ping.ts'
import { toolbox } from './toolbox.ts'

/** What the engine consists of, and what else it needs of a machine. */
export function engineTools(): Promise<NodeJS.ProcessEnv> {
  return toolbox(['docker.io', 'containerd', 'runc', 'tini'], { ip: 'iproute2' })
}

/** Starts the private engine and waits until it answers. Expects nothing of an earlier one to be left. */
export async function startDaemon(paths: Paths): Promise<void> {
  const env = await engineTools()
  await mkdir(paths.runtime, { recursive: true, mode: 0o700 })
  await mkdir(paths.data, { recursive: true })
  await writeFile(join(paths.runtime, 'daemon.json'), '{}')
  await createBridge(paths.bridge, env)
  const forgetKey = keyKeeper()
  await untilAnswering(paths, spawnDaemon(paths, env))
  await forgetKey()
}

/** In a mount namespace of its own, so that its mounts are not seen on the machine and vanish with it. */
function spawnDaemon(paths: Paths, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(logOf(paths), 'w')
  const argv = ['--mount', '--propagation', 'slave', 'dockerd', ...daemonFlags(paths)]
  const daemon = spawn('unshare', argv, { env, detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  daemon.unref()
  return daemon
}

function daemonFlags({ runtime, socket, data, bridge, cgroup }: Paths): string[] {
  return [
    `--config-file=${runtime}/daemon.json`, // not the machine's /etc/docker/daemon.json
    `--host=unix://${socket}`,
    '--group=0',
    `--data-root=${data}`,
    `--exec-root=${runtime}/exec`,
    `--pidfile=${runtime}/pid`,
    `--bridge=${bridge}`,
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
    '--exec-opt=native.cgroupdriver=cgroupfs',
    `--cgroup-parent=/${cgroup}`,
    '--shutdown-timeout=5',
  ]
}

async function untilAnswering(paths: Paths, daemon: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 60_000 && daemon.exitCode === null; waited += 100) {
    if (await answers(paths.socket)) return
    await sleep(100)
  }
  throw new Error(`The private Docker engine did not start:\n${tail(logOf(paths))}`)
}

/** Older engines write a key to /etc/docker, wherever their own folders are: what was not there goes again. */
function keyKeeper(): () => Promise<void> {
  const hadFolder = existsSync('/etc/docker')
  const hadKey = existsSync('/etc/docker/key.json')
  return async () => {
    if (!hadKey) await rm('/etc/docker/key.json', { force: true })
    if (!hadFolder) await rmdir('/etc/docker').catch(() => {})
  }
}

function logOf(paths: Paths): string {
  return join(paths.runtime, 'log')
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-12).join('\n') : '(no log)'
}
