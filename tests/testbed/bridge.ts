import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { run, withSystemPath } from './command.ts'

type Ip = (...args: string[]) => Promise<string>

/** Makes the engine's own bridge with a private subnet that no interface and no route of this machine uses. */
export async function createBridge(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  const ip = ipCommand(env)
  await deleteBridge(name, env)
  const used = `${await ip('-4', 'route', 'show', 'table', 'all')} ${addressesInUse()}`
  const subnet = candidates(name).find(prefix => !used.includes(prefix))
  if (!subnet) throw new Error('No free private subnet was found for the testbed engine’s bridge.')
  await ip('link', 'add', name, 'type', 'bridge')
  await ip('addr', 'add', `${subnet}1/24`, 'dev', name)
  await ip('link', 'set', name, 'up')
}

/** Deletes the bridge; one that is not there is no error. */
export async function deleteBridge(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) await ipCommand(env)('link', 'del', name)
}

/** Starts at a place that the name decides, so that two engines rarely reach for the same subnet. */
function candidates(name: string): string[] {
  const first = Number.parseInt(name.slice(-4), 16) % 200
  return Array.from({ length: 200 }, (_, index) => `10.${213 + (index % 5)}.${20 + ((first + index) % 200)}.`)
}

function addressesInUse(): string {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .map(address => address.address)
    .join(' ')
}

function ipCommand(env: NodeJS.ProcessEnv): Ip {
  return (...args) => run(['ip', ...args], { env: withSystemPath(env) })
}
