import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RespaldoError } from '../errors.ts'
import { flushPath } from './embedded-disk.ts'
import { holderOfFile } from './embedded-folder.ts'
import { isSide, keptAt, type Names } from './embedded-names.ts'

/** Written before the first rename and removed after the last: whatever dies between them leaves word of what was meant. */
interface Note {
  /** The folder's name that becomes the live one. */
  from: string
  /** The folder's name that the live one gets. */
  kept: string
}

/** How folders are renamed; tests end the process here. */
export type Rename = (from: string, to: string) => Promise<void>

/**
 * Puts the folder `from` in the live one's place and keeps that as `kept`. Both must lie beside it, and `from` be on disk already.
 * Durable when it resolves. When it throws, the live folder is in its place as before.
 */
export async function swap(names: Names, { from, kept }: Note, move: Rename = rename): Promise<void> {
  const note = await open(names.note, 'wx', 0o600) // held open: so others see that its writer lives
  try {
    await note.writeFile(`${JSON.stringify({ from, kept } satisfies Note)}\n`)
    await note.sync()
    await flushPath(names.parent)
    await exchange(names, { from, kept }, move)
    await flushPath(names.parent)
    await rm(names.note)
    await flushPath(names.parent)
  } finally {
    await note.close()
  }
}

async function exchange(names: Names, { from, kept }: Note, move: Rename): Promise<void> {
  const away = join(names.parent, kept)
  try {
    await move(names.live, away)
    await move(join(names.parent, from), names.live)
  } catch (error) {
    if (!(await isThere(names.live))) await rename(away, names.live)
    await rm(names.note)
    throw error
  }
}

/**
 * Finishes a swap whose process died: the new folder was whole before the first rename. Returns what it did, or undefined when there was
 * nothing to do. Throws when that process is alive.
 */
export async function mendSwap(names: Names): Promise<string | undefined> {
  const note = await readNote(names)
  if (!note) return undefined
  const holder = holderOfFile(names.note)
  if (typeof holder === 'number')
    throw new RespaldoError(
      'source-unreachable',
      `Process ${holder} is swapping ${names.live} with a restored one`,
      { hint: 'Try again in a moment.' },
    )
  const did = note === 'cut' || (await isThere(names.live)) ? undefined : await finish(names, note)
  await rm(names.note)
  await flushPath(names.parent)
  return did
}

async function finish(names: Names, { from, kept }: Note): Promise<string | undefined> {
  for (const [name, what] of [
    [from, 'finished the swap of an interrupted restore'],
    [kept, 'took an interrupted restore back'],
  ] as const) {
    const path = join(names.parent, name)
    if (!(await isThere(path))) continue
    await rename(path, names.live)
    return `${what}: ${name} is ${names.base} now`
  }
  return undefined
}

/** A note that was cut as it was written was followed by no rename. */
async function readNote({ note, base }: Names): Promise<Note | 'cut' | undefined> {
  const text = await readFile(note, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const { from, kept } = JSON.parse(text) as Partial<Note>
    if (isOwn(from, base) && isOwn(kept, base)) return { from, kept }
  } catch {
    // cut
  }
  return 'cut'
}

const isOwn = (name: unknown, base: string): name is string =>
  typeof name === 'string' && (isSide(name, base) || keptAt(name, base) !== undefined)

/** Whether something has that name. */
export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
