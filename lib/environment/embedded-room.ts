import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { humanBytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'

/** Three segments of PostgreSQL's log: PGlite computes for ever when it finds no room for the next one. */
export const leastRoomBytes = 48 * 1024 * 1024

const lookEveryMilliseconds = 100

/** Looks again and again how much room there is where a folder is being filled, and aborts its signal before there is none. */
export function watchRoom(folder: string): { signal: AbortSignal } & Disposable {
  const full = new AbortController()
  const look = async () => {
    const free = await roomBytes(dirname(folder)).catch(() => Number.POSITIVE_INFINITY)
    if (free < leastRoomBytes) full.abort(noRoom(undefined, free))
  }
  const timer = setInterval(() => void look(), lookEveryMilliseconds)
  return { signal: full.signal, [Symbol.dispose]: () => clearInterval(timer) }
}

/** What whoever runs this may still write into a folder. */
export async function roomBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** `space-insufficient` for a database's own disk. `free` is what was left, in bytes, where it was looked at. */
export const noRoom = (cause?: unknown, free?: number): RespaldoError =>
  new RespaldoError(
    'space-insufficient',
    `There is not enough room on the disk of the database${free === undefined ? '' : `: ${humanBytes(free)} were left`}`,
    { cause, hint: 'Make room and try again; the old data is as it was.' },
  )
