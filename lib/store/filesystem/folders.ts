import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { temporaryPrefix } from '../key.ts'
import { attempt, codeOf } from './failure.ts'

/** What filesystems answer that cannot sync a folder; their folders are as durable as they make them. */
const cannotSync = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'ENOSYS'])

/**
 * Makes a folder and those above it, 0700, and returns the topmost one that was missing. Where `removeEmpty` takes one away again in that
 * moment it is left to the caller to try again (`mkdir` of Node with `recursive` calls that ENOTDIR).
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  if (!(await lacksParent(folder))) return folder
  const topmost = dirname(folder) === folder ? undefined : await makeFolder(dirname(folder))
  await lacksParent(folder)
  return topmost
}

/** Makes one folder, if its parent is there. */
async function lacksParent(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true
    if (codeOf(error) !== 'EEXIST') throw error
  }
  return false
}

/** Makes the entries of the folders from `folder` up to `top` durable. One that is gone needs nothing. */
export async function syncFolders(folder: string, top: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    await attempt(`sync the folder ${at}`, syncFolder(at))
    if (at === top || at === dirname(at)) return
  }
}

async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r')
    await handle.sync()
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code !== 'ENOENT' && !cannotSync.has(code)) throw error
  }
}

/** Removes the folder and those above it as long as they are empty, never `root`. Returns the lowest that is left. */
export async function removeEmpty(folder: string, root: string): Promise<string> {
  for (let at = folder; at !== root; at = dirname(at)) {
    try {
      await rmdir(at)
    } catch (error) {
      // In use, a mount point, a link: an empty folder that stays is no failure of a delete.
      if (codeOf(error) !== 'ENOENT') return at
    }
  }
  return root
}

/** Removes unfinished files below the folder, and it and its folders where that leaves them empty. Returns the number of files. */
export async function sweepFolder(folder: string, root: string): Promise<number> {
  const top = resolve(folder)
  const entries = await attempt(`sweep ${top}`, readTree(top))
  const unfinished = entries.filter(entry => entry.isFile() && entry.name.startsWith(temporaryPrefix))
  for (const { parentPath, name } of unfinished)
    await attempt(`sweep ${top}`, rm(join(parentPath, name), { force: true }))
  for (const path of new Set([...unfinished.map(({ parentPath }) => parentPath), top]))
    await removeEmpty(path, root)
  return unfinished.length
}

async function readTree(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return []
    throw error
  }
}
