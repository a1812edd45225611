import { RespaldoError } from '../errors.ts'

/** What the engine's client throws: with a status the engine answered, with a code it could not be reached. */
interface EngineError extends Error {
  statusCode?: number
  code?: string
  json?: { message?: string }
}

/** The engine's failure in Respaldo's words. `place` says where the engine is, `container` what was asked about. */
export function translateEngineError(error: unknown, place: string, container?: string): RespaldoError {
  if (error instanceof RespaldoError) return error
  const { statusCode, code, json, message } = error as EngineError
  const said = json?.message ?? message
  if (statusCode === undefined) return unreachable(place, code, message, error)
  if (container !== undefined && statusCode === 404)
    return new RespaldoError('source-unreachable', `The container ${container} is gone`, {
      cause: error,
      hint: 'Somebody removed it; `docker ps -a` shows what there is.',
    })
  if (container !== undefined && statusCode === 409) return notRunning(container, said, error)
  return new RespaldoError(
    'environment-unavailable',
    `The Docker engine at ${place} answered ${statusCode}: ${said}`,
    {
      cause: error,
      hint:
        statusCode === 401 || statusCode === 403
          ? 'It, or a proxy before it, does not allow this. Databases need listing and inspecting containers, and exec; volumes need to be listed, and to make containers, to use their archives and to remove them.'
          : 'Look at the log of the engine.',
    },
  )
}

/** Says in which way a container does not run, and what starts it. */
export function notRunning(container: string, state: string, cause?: unknown): RespaldoError {
  const [condition, hint] = /paused/i.test(state)
    ? ['is paused', `docker unpause ${container}`]
    : /restarting/i.test(state)
      ? ['is restarting', `docker logs ${container}`]
      : ['does not run', `docker start ${container}`]
  return new RespaldoError('source-unreachable', `The container ${container} ${condition}`, { hint, cause })
}

function unreachable(
  place: string,
  code: string | undefined,
  message: string,
  cause: unknown,
): RespaldoError {
  const hint =
    code === 'EACCES' || code === 'EPERM'
      ? 'This user may not use the socket: join the group docker (`sudo usermod -aG docker $USER`, then log in again).'
      : 'Start Docker, or say with DOCKER_HOST where it listens.'
  return new RespaldoError(
    'environment-unavailable',
    `The Docker engine at ${place} cannot be reached: ${message}`,
    {
      hint,
      cause,
    },
  )
}
