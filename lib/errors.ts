/** What each failure means to a caller: HTTP status, exit code of the CLI, and whether the same call may succeed later. */
export const failures = {
  'input-invalid': { status: 400, exit: 2, retryable: false },
  'config-invalid': { status: 400, exit: 2, retryable: false },
  unauthorized: { status: 401, exit: 3, retryable: false },
  forbidden: { status: 403, exit: 3, retryable: false },
  'source-not-found': { status: 404, exit: 4, retryable: false },
  'backup-not-found': { status: 404, exit: 4, retryable: false },
  'run-not-found': { status: 404, exit: 4, retryable: false },
  'source-unreachable': { status: 503, exit: 5, retryable: true },
  'environment-unavailable': { status: 503, exit: 5, retryable: true },
  'command-failed': { status: 502, exit: 6, retryable: true },
  'version-mismatch': { status: 409, exit: 6, retryable: false },
  'store-unavailable': { status: 503, exit: 7, retryable: true },
  'store-denied': { status: 403, exit: 7, retryable: false },
  'space-insufficient': { status: 507, exit: 7, retryable: false },
  'restore-unsafe': { status: 409, exit: 8, retryable: false },
  'retention-unsafe': { status: 409, exit: 8, retryable: false },
  'not-confirmed': { status: 409, exit: 8, retryable: false },
  'too-many-requests': { status: 429, exit: 9, retryable: true },
  'repository-not-found': { status: 404, exit: 10, retryable: false },
  'repository-locked': { status: 423, exit: 11, retryable: true },
  'runner-unavailable': { status: 503, exit: 12, retryable: true },
  'data-corrupt': { status: 500, exit: 20, retryable: false },
  'timed-out': { status: 504, exit: 124, retryable: true },
  cancelled: { status: 499, exit: 130, retryable: false },
  internal: { status: 500, exit: 1, retryable: false },
} as const

/** A key of `failures`; callers and scripts may rely on it across versions. */
export type ErrorCode = keyof typeof failures

/** What a RespaldoError carries besides code and message. */
export interface ErrorDetails {
  /** What the user can do about it, as a sentence. */
  hint?: string | undefined
  cause?: unknown
  /** Facts for programs, in JSON values; never a secret. */
  context?: Record<string, unknown> | undefined
}

/** The only error that callers see. The message says what happened and where; the hint says what to do. */
export class RespaldoError extends Error {
  override readonly name = 'RespaldoError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly context: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.context = details.context
  }
}

/** Any thrown value as a RespaldoError: an abort becomes `cancelled`, what nobody translated becomes `internal`. */
export function toRespaldoError(error: unknown): RespaldoError {
  if (error instanceof RespaldoError) return error
  if (error instanceof SuppressedError) return toRespaldoError(error.suppressed) // the failure, not that of clearing up after it
  if (error instanceof Error && error.name === 'AbortError') return cancelled(error)
  if (error instanceof Error && error.name === 'TimeoutError')
    return new RespaldoError('timed-out', 'The run took longer than it was allowed to', { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new RespaldoError('internal', message, { cause: error })
}

/** The error of a run that was told to stop. */
export function cancelled(cause?: unknown): RespaldoError {
  return cause instanceof RespaldoError
    ? cause
    : new RespaldoError('cancelled', 'The run was cancelled', { cause })
}

/** Throws what the signal was aborted with, as a RespaldoError. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw toRespaldoError(signal.reason)
}

/** An error as JSON for answers and events: code, message, hint and context, nothing else. */
export function errorBody(error: RespaldoError): {
  code: ErrorCode
  message: string
  hint?: string
  context?: unknown
} {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.context === undefined ? {} : { context: error.context }),
  }
}
