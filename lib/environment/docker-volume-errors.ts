import { RespaldoError } from '../errors.ts'
import type { DockerEngine } from './docker-engine.ts'

/** What the engine was doing. */
interface Doing {
  verb: 'read' | 'write' | 'remove' | 'make'
  volume: string
  signal?: AbortSignal | undefined
}

/** The engine's failure with a volume in Respaldo's words; an engine that does not answer is its own failure, not the volume's. */
export function volumeFailure(
  error: unknown,
  engine: Pick<DockerEngine, 'explain'>,
  { verb, volume, signal }: Doing,
): RespaldoError {
  const { statusCode, json } = error as { statusCode?: number; json?: { message?: string } }
  if (signal?.aborted || error instanceof RespaldoError || statusCode === undefined)
    return engine.explain(error, { signal })
  const said = json?.message?.trim() ?? (error as Error).message
  if (isNoRoom(said)) return noRoom(volume, said, error)
  return new RespaldoError(
    'command-failed',
    `The Docker engine could not ${verb} the volume ${volume}: ${said}`,
    {
      cause: error,
      hint:
        verb === 'remove' && statusCode === 409
          ? `A container uses it: \`docker ps -a --filter volume=${volume}\` names it.`
          : 'Look at the log of the engine.',
    },
  )
}

/** Says whether somebody tells that a disk is full. */
export const isNoRoom = (said: string): boolean => /no space left on device|disk quota exceeded/i.test(said)

/** The error of a volume whose disk is full. */
export function noRoom(volume: string, said: string, cause?: unknown): RespaldoError {
  return new RespaldoError('space-insufficient', `There is no room left for the volume ${volume}: ${said}`, {
    cause,
    hint: 'Free some space where the engine keeps its volumes; `docker system df` tells what takes it.',
  })
}

/** There is no such volume; `known` are the likeliest names. */
export function volumeNotFound(wanted: string, hint?: string): RespaldoError {
  return new RespaldoError('source-not-found', `There is no volume ${wanted}`, {
    hint: hint ?? '`docker volume ls` shows what there is.',
  })
}
