import type Docker from 'dockerode'
import { systemClock } from '../clock.ts'
import { RespaldoError, throwIfAborted } from '../errors.ts'
import type { Halted, Workload } from '../volumes/volume.ts'
import type { DockerEngine } from './docker-engine.ts'
import { isBeingStopped } from './docker-workload-events.ts'

type State = Docker.ContainerInspectInfo['State']

/** Throws `source-unreachable` when it is gone, `input-invalid` when stopping it would remove it. */
export async function assertComesBack(
  engine: DockerEngine,
  { workload, rest }: Halted,
  signal?: AbortSignal,
): Promise<void> {
  const { name } = workload
  const { HostConfig } = await look(engine, workload, signal)
  if (rest === 'stop' && HostConfig.AutoRemove)
    throw new RespaldoError('input-invalid', `The container ${name} is removed when it stops (--rm)`, {
      hint: 'Give --pause instead of --stop, or start it without --rm.',
    })
}

/** Stops or pauses a container that runs. Once the engine was asked to, the end is waited for: what is being stopped could not be started again. */
export async function halt(
  engine: DockerEngine,
  { workload, rest }: Halted,
  signal?: AbortSignal,
): Promise<void> {
  throwIfAborted(signal)
  if (rest === 'stop') {
    await bring(engine, workload, 'unpause', state => !state.Paused) // a paused one does not hear that it is to stop
    await bring(engine, workload, 'stop', isStopped)
  } else await bring(engine, workload, 'pause', state => state.Paused || isStopped(state))
}

/** Starts or wakes a container, whatever it rests by, and waits until it is well; a job that has ended with success is. */
export async function wake(
  engine: DockerEngine,
  { workload, limitMilliseconds }: { workload: Workload; limitMilliseconds: number },
  signal?: AbortSignal,
): Promise<void> {
  const { name } = workload
  const wait = { name, until: systemClock.monotonic() + limitMilliseconds, limitMilliseconds }
  // Who asked for it may have died meanwhile: it still looks as if it ran.
  while (await isBeingStopped(engine, await look(engine, workload, signal)))
    await step(wait, 'stopped', signal)
  await bring(engine, workload, 'unpause', state => !state.Paused)
  const isStarted = await bring(engine, workload, 'start', state => !isStopped(state))
  if (isStarted) await systemClock.sleep(startMilliseconds, signal)
  for (;;) {
    const { State } = await look(engine, workload, signal)
    const lack = lackOf(name, State)
    if (lack === undefined) return
    await step(wait, lack, signal)
  }
}

/** What cannot run ends within moments of its start. */
const startMilliseconds = 500

const isStopped = ({ Running, Restarting }: State): boolean => !Running && !Restarting

/** What it still lacks, or undefined. Throws when it has ended again. */
function lackOf(name: string, state: State): string | undefined {
  if (state.Restarting) return 'running'
  if (isStopped(state)) {
    if (state.ExitCode === 0) return undefined
    throw new RespaldoError(
      'source-unreachable',
      `The container ${name} was started again and ended with status ${state.ExitCode}`,
      { hint: `docker logs ${name}` },
    )
  }
  const health = state.Health?.Status ?? 'none'
  return health === 'none' || health === 'healthy' ? undefined : 'healthy'
}

interface Wait {
  name: string
  until: number
  limitMilliseconds: number
}

async function step(
  { name, until, limitMilliseconds }: Wait,
  lack: string,
  signal?: AbortSignal,
): Promise<void> {
  if (systemClock.monotonic() >= until)
    throw new RespaldoError(
      'timed-out',
      `The container ${name} is not ${lack} after ${limitMilliseconds / 1000} s`,
      {
        hint: `\`docker logs ${name}\` may tell why.`,
      },
    )
  await systemClock.sleep(100, signal)
}

const acts = {
  stop: (container: Docker.Container): Promise<unknown> => container.stop(),
  start: (container: Docker.Container): Promise<unknown> => container.start(),
  pause: (container: Docker.Container): Promise<unknown> => container.pause(),
  unpause: (container: Docker.Container): Promise<unknown> => container.unpause(),
}

/** Asks the engine for it unless it is so, and says whether it did; a refusal counts only while it is not so. */
async function bring(
  engine: DockerEngine,
  workload: Workload,
  verb: keyof typeof acts,
  isSo: (state: State) => boolean,
): Promise<boolean> {
  const { Id, State } = await look(engine, workload)
  if (isSo(State)) return false
  await acts[verb]((await engine.client()).getContainer(Id)).catch(async error => {
    const { State } = await look(engine, workload)
    if (!isSo(State)) throw refused(engine, { name: workload.name, verb }, error)
  })
  return true
}

function refused(
  engine: DockerEngine,
  { name, verb }: { name: string; verb: string },
  error: { statusCode?: number; json?: { message?: string } },
): RespaldoError {
  if (error.statusCode === undefined) return engine.explain(error)
  return new RespaldoError(
    'source-unreachable',
    `The engine did not ${verb} the container ${name}: ${error.json?.message ?? error}`,
    { cause: error, hint: `docker ${verb} ${name}` },
  )
}

async function look(
  engine: DockerEngine,
  { id, name }: Workload,
  signal?: AbortSignal,
): Promise<Docker.ContainerInspectInfo> {
  const docker = await engine.client()
  return docker
    .getContainer(id)
    .inspect(signal ? { abortSignal: signal } : {})
    .catch(error => {
      throw engine.explain(error, { container: name, signal })
    })
}
