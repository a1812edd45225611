import { randomBytes } from 'node:crypto'
import { type FileHandle, link, open, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { abortable, type Bytes } from '../../bytes.ts'
import { throwIfAborted } from '../../errors.ts'
import { temporaryPrefix } from '../key.ts'
import { type PutOptions, StoreConflict, type StoredObject } from '../store.ts'
import { attempt, codeOf, failure } from './failure.ts'
import { makeFolder, syncFolders } from './folders.ts'

const writeBytes = 1024 * 1024

/** So much may wait for the disk: what is older is on its way to it while more is made, and the last sync is short. */
const unsyncedBytes = 64 * 1024 * 1024

/** What a filesystem answers that has no hard links: FAT, exFAT, some network shares. */
const cannotLink = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Writes one object: a file beside its place, sync, then its name, then a sync of every folder up to the root.
 * Whatever fails before the file has its name, nothing of it is left; a killed process leaves a file that `list` does not show.
 */
export async function writeObject(
  root: string,
  key: string,
  content: Bytes,
  { overwrite = true, signal }: PutOptions,
): Promise<StoredObject> {
  throwIfAborted(signal)
  const target = join(root, key)
  const file = await attempt(`write ${target}`, openTemporary(dirname(target)))
  let size: number
  try {
    size = await fill(file.handle, target, abortable(content, signal))
    throwIfAborted(signal)
    if (overwrite) await attempt(`write ${target}`, rename(file.path, target))
    else await publishNew(file.path, target, key)
  } catch (error) {
    await file.handle.close().catch(() => {}) // the first failure is the one to tell
    await rm(file.path, { force: true }).catch(() => {})
    throw error
  }
  const above = file.made && file.made.length <= root.length ? dirname(file.made) : root
  await syncFolders(dirname(target), above)
  return { key, size }
}

interface Temporary {
  handle: FileHandle
  path: string
  /** The topmost folder that had to be made for it. */
  made: string | undefined
}

/** Tries again when the folder vanished meanwhile, because a `delete` found it empty; with the file in it, it is safe. */
async function openTemporary(folder: string): Promise<Temporary> {
  const path = join(folder, temporaryPrefix + randomBytes(12).toString('hex'))
  let made: string | undefined
  for (let tries = 0; ; tries++) {
    try {
      return { handle: await open(path, 'wx', 0o600), path, made }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === 100) throw error
    }
    const topmost = await makeFolder(folder)
    if (topmost && (made === undefined || topmost.length < made.length)) made = topmost
  }
}

/** Writes, syncs and closes; returns the number of bytes. */
async function fill(handle: FileHandle, target: string, content: Bytes): Promise<number> {
  const what = `write ${target}`
  let size = 0
  let synced = 0
  let syncing = Promise.resolve()
  for await (const piece of joined(content)) {
    await attempt(what, writeAll(handle, piece))
    size += piece.byteLength
    if (size - synced < unsyncedBytes) continue
    await attempt(what, syncing)
    synced = size
    syncing = handle.datasync()
    syncing.catch(() => {}) // awaited above or below; until then it is nobody's
  }
  await attempt(what, syncing)
  await attempt(what, handle.sync())
  await attempt(what, handle.close())
  return size
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.byteLength; ) at += (await handle.write(piece, at)).bytesWritten
}

/** Gathers small pieces into large writes. Copies, because a producer may use its buffer again; what it yields is reused in turn. */
async function* joined(content: Bytes): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(writeBytes)
  let filled = 0
  for await (const piece of content) {
    if (filled > 0 && filled + piece.byteLength > writeBytes) {
      yield buffer.subarray(0, filled)
      filled = 0
    }
    if (piece.byteLength >= writeBytes) yield piece
    else {
      buffer.set(piece, filled)
      filled += piece.byteLength
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled)
}

/**
 * Gives the finished file its name if nothing has that name: link(2) lets exactly one win.
 * Without hard links the name is claimed by an empty file, which the finished one replaces: still exactly one wins, but for that moment
 * (or for ever, if the process is killed in it) the object is there and empty.
 */
export async function publishNew(
  path: string,
  target: string,
  key: string,
  links: { link: typeof link } = { link },
): Promise<void> {
  try {
    await links.link(path, target)
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (cannotLink.has(code)) return claim(path, target, key)
    if (code !== 'EEXIST') throw failure(`write ${target}`, error)
    // Over NFS a link whose answer was lost is asked for again, and finds itself.
    if (!(await isSame(path, target))) throw new StoreConflict(key)
  }
  await attempt(`write ${target}`, unlink(path))
}

async function claim(path: string, target: string, key: string): Promise<void> {
  try {
    await (await open(target, 'wx', 0o600)).close()
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? new StoreConflict(key) : failure(`write ${target}`, error)
  }
  try {
    await rename(path, target)
  } catch (error) {
    await unlink(target).catch(() => {})
    throw failure(`write ${target}`, error)
  }
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([
    stat(one, { bigint: true }),
    stat(other, { bigint: true }).catch(() => undefined),
  ])
  return a.ino === b?.ino && a.dev === b.dev
}
