import { constants } from 'node:fs'
import { lchown, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Files that are written to disk at the same time. */
const together = 16

/** Makes sure that the folder and everything below outlives a power cut: PGlite runs with fsync off. */
export async function flush(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter(entry => entry.isFile() || entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name))
  for (let from = 0; from < paths.length; from += together)
    await Promise.all(paths.slice(from, from + together).map(flushPath))
  await flushPath(folder)
}

/** fsync of one file or folder; folders cannot be opened on Windows and need no fsync there. */
export async function flushPath(path: string): Promise<void> {
  if (process.platform === 'win32' && (await lstat(path)).isDirectory()) return
  const file = await open(path, constants.O_RDONLY)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Who owns a folder. */
export interface Owner {
  uid: number
  gid: number
}

/** The process that has the folder open, as its lock file says. */
export async function ownerOf(folder: string): Promise<Owner> {
  const { uid, gid } = await lstat(folder)
  return { uid, gid }
}

/**
 * Gives the folder's files to its owner. What root opens gets files of root's, which the application could not open afterwards.
 * Does nothing for anybody but root, and nothing where root is the owner.
 */
export async function giveTo(folder: string, owner: Owner): Promise<void> {
  if (process.geteuid?.() !== 0) return
  const below = await readdir(folder, { recursive: true })
  for (const path of [folder, ...below.map(name => join(folder, name))]) {
    const { uid, gid } = await lstat(path)
    if (uid !== owner.uid || gid !== owner.gid) await lchown(path, owner.uid, owner.gid)
  }
}
