import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { collect } from '../bytes.ts'
import { systemClock } from '../clock.ts'
import type { DockerEngine } from './docker-engine.ts'

/** What the engine gives a container that says nothing of its own to end in, and the rounding of its clock. */
const usualSeconds = 10
const slackSeconds = 2

/** The client's types do not know how long a container may take to end. */
type StopConfig = Docker.ContainerInspectInfo['Config'] & { StopTimeout?: number }

/**
 * Says whether a container that runs was told to end and may be about to: a signal was sent to it no longer ago than it has time to end.
 * The engine's own account does not tell, but its latest events do.
 */
export async function isBeingStopped(
  engine: DockerEngine,
  { Id, State, Config }: Docker.ContainerInspectInfo,
): Promise<boolean> {
  if (!State.Running) return false
  const until = systemClock.now().getTime() / 1000
  const since = until - ((Config as StopConfig).StopTimeout ?? usualSeconds) - slackSeconds
  const filters = { container: [Id], event: ['start', 'kill', 'die'] }
  const docker = await engine.client()
  try {
    const events: NodeJS.ReadableStream = await docker.getEvents({ since, until, filters })
    return isLastKill((await collect(events as Readable)).toString())
  } catch (error) {
    throw engine.explain(error)
  }
}

/** Of events as JSON lines, in their order. */
function isLastKill(lines: string): boolean {
  const last = lines.trim().split('\n').at(-1)
  return Boolean(last) && (JSON.parse(`${last}`) as { Action: string }).Action === 'kill'
}
