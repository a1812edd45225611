import { setTimeout as wait } from 'node:timers/promises'
import { RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import { giveTo, ownerOf } from './embedded-disk.ts'
import { dataVersion, openingMark } from './embedded-folder.ts'
import { noRoom, watchRoom } from './embedded-room.ts'
import { PgliteFailure, startThread, type Thread } from './embedded-thread.ts'

/** An open PGlite database; one statement or several at a time, in order. Failures are RespaldoErrors. */
export interface Session {
  rows<Row>(sql: string): Promise<Row[]>
  exec(sql: string): Promise<void>
  /** The whole dump: pg_dump for PGlite writes it into memory. */
  dump(flags: readonly string[]): Promise<Uint8Array>
}

/** How a database is opened for one piece of work. */
export interface Opening {
  folder: string
  /** Makes a new database instead of opening one. */
  create?: boolean
  extensions?: readonly string[]
}

/** An aborted run waits this long for PGlite to end what it computes and to close; then its thread is ended, as by a crash. */
const graceMilliseconds = 5000

/** Opens the folder, works with it and closes it, whatever happens. Throws when anybody else opened it meanwhile. */
export async function withDatabase<T>(
  opening: Opening,
  work: (session: Session) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  throwIfAborted(signal)
  const owner = opening.create ? undefined : await ownerOf(opening.folder)
  using room = opening.create ? watchRoom(opening.folder) : undefined
  const thread = startThread()
  const end = AbortSignal.any([signal, room?.signal].filter(given => given !== undefined))
  try {
    return await untilAborted(openWorkClose(thread, opening, work), end)
  } finally {
    if (!opening.create || !end.aborted) await closeInTime(thread)
    await thread.end()
    if (owner) await giveTo(opening.folder, owner)
  }
}

async function openWorkClose<T>(
  thread: Thread,
  opening: Opening,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  await open(thread, opening)
  const mark = await openingMark(opening.folder)
  const result = await work(sessionOf(thread))
  if ((await openingMark(opening.folder)) !== mark) throw openedTwice(opening.folder)
  await translated(thread.call({ kind: 'close' }))
  return result
}

/** Does nothing for who closed already. A new database that nobody will use is not worth the time. */
async function closeInTime(thread: Thread): Promise<void> {
  const timer = new AbortController()
  const late = wait(graceMilliseconds, undefined, { signal: timer.signal }).catch(() => {})
  await Promise.race([thread.call({ kind: 'close' }).catch(() => {}), late])
  timer.abort()
}

async function open(thread: Thread, { folder, create, extensions }: Opening): Promise<void> {
  try {
    await thread.call({ kind: 'open', folder, extensions: extensions ?? [] })
  } catch (cause) {
    if (create) throw translate(cause)
    throw new RespaldoError('source-unreachable', `The PGlite database in ${folder} does not open`, {
      cause,
      hint: `Its data is of PostgreSQL ${await dataVersion(folder)}; a newer or older PGlite may have made it, or it is damaged.`,
    })
  }
}

function sessionOf(thread: Thread): Session {
  return {
    rows: async <Row>(sql: string) => (await translated(thread.call({ kind: 'rows', sql }))) as Row[],
    exec: async sql => void (await translated(thread.call({ kind: 'exec', sql }))),
    dump: async flags => (await translated(thread.call({ kind: 'dump', flags }))) as Uint8Array,
  }
}

const translated = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw translate(error)
  })

function translate(error: unknown): RespaldoError {
  if (!(error instanceof PgliteFailure)) return toRespaldoError(error)
  const { code, message } = error.failure
  if (code === '53100' || code === 'ENOSPC' || /no space left/i.test(message)) return noRoom(error)
  return new RespaldoError('command-failed', error.message, { cause: error, context: { sqlstate: code } })
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(toRespaldoError(signal.reason))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => {}) // its thread is about to end
  }
}

const openedTwice = (folder: string): RespaldoError =>
  new RespaldoError('source-unreachable', `Another process opened ${folder} while it was read`, {
    hint: 'Only one process at a time can use a PGlite folder: close the other one and try again.',
  })
