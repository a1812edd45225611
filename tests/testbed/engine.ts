import Docker from 'dockerode'
import { canUnpack } from './debian.ts'
import { testbedPaths } from './paths.ts'
import { answers } from './ping.ts'
import { joinEngine } from './private-engine.ts'

/** A Docker engine for tests: one that was there, or the testbed's own. */
export interface Engine {
  socketPath: string
  kind: 'reachable' | 'private'
  docker: Docker
  /** Leaves the engine; a private one that nobody else uses is stopped and leaves nothing behind. */
  close(): Promise<void>
}

/** Opens a reachable engine, else starts a private one; throws an error that says what is missing and how to get it. */
export async function openEngine(): Promise<Engine> {
  const socketPath = await reachableSocket()
  if (socketPath) return attachEngine({ socketPath, kind: 'reachable' })
  const obstacle = await obstacleToPrivate()
  if (obstacle) throw new Error(skipMessage(obstacle))
  const paths = testbedPaths()
  const leave = await joinEngine(paths)
  return { ...attachEngine({ socketPath: paths.socket, kind: 'private' }), close: leave }
}

/** The engine that another process opened (a test file gets it from the global setup); closing it does nothing. */
export function attachEngine({ socketPath, kind }: Pick<Engine, 'socketPath' | 'kind'>): Engine {
  return { socketPath, kind, docker: new Docker({ socketPath }), close: async () => {} }
}

async function reachableSocket(): Promise<string | undefined> {
  const named = process.env.DOCKER_HOST
  const candidates = [named?.startsWith('unix://') && named.slice('unix://'.length), '/var/run/docker.sock']
  for (const path of candidates) if (path && (await answers(path))) return path
  return undefined
}

async function obstacleToPrivate(): Promise<string | undefined> {
  if (process.env.RESPALDO_TESTBED === '0') return 'RESPALDO_TESTBED=0 forbids to start a private one'
  if (process.platform !== 'linux') return 'a private one can be started on Debian or Ubuntu only'
  if (!(await canUnpack())) return 'a private one can be started only by root on Debian or Ubuntu (apt)'
  return undefined
}

function skipMessage(obstacle: string): string {
  return [
    `Skipped: everything that needs a real PostgreSQL in Docker. No Docker engine answers, and ${obstacle}.`,
    'To run it: start Docker (with DOCKER_HOST=unix:///its/socket where that is not /var/run/docker.sock), or run the',
    'tests as root on Debian or Ubuntu without RESPALDO_TESTBED=0: they then bring an engine of their own.',
  ].join('\n')
}
