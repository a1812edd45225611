import { lstatSync, readdirSync, statSync } from 'node:fs'
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/** PostgreSQL's major version of a data folder, or undefined where there is none. Opens nothing. */
export async function dataVersion(folder: string): Promise<string | undefined> {
  try {
    await lstat(join(folder, 'global', 'pg_control'))
    return (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim()
  } catch {
    return undefined
  }
}

/** The folder itself behind links, also when it is not there at the moment: folders are renamed, links are not. */
export async function realFolder(folder: string): Promise<string> {
  const path = resolve(folder)
  const target = await readlink(path).catch(() => undefined)
  const own = target === undefined ? path : resolve(dirname(path), target)
  const parent = await realpath(dirname(own)).catch(() => dirname(own))
  return realpath(own).catch(() => join(parent, basename(own)))
}

/** Bytes of all files below. */
export async function folderBytes(folder: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      total += (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0
  return total
}

/** What names one opening of a data folder: PostgreSQL makes the file anew each time and removes it at the end. */
export async function openingMark(folder: string): Promise<string | undefined> {
  const file = join(folder, 'postmaster.pid')
  const found = await lstat(file).catch(() => undefined)
  return found && `${found.ino} ${found.mtimeMs} ${await readFile(file, 'utf8').catch(() => '')}`
}

/** Who has a data folder open: a process's id, or `unknown` where the system does not tell. Undefined: nobody. */
export type Holder = number | 'unknown' | undefined

/**
 * PGlite guards its folder by nothing but `postmaster.pid`, which names no process (its own is always 42) and stays behind after a crash.
 * On Linux the open files of all processes tell the two apart; elsewhere a folder with that file counts as in use.
 */
export async function holderOf(folder: string): Promise<Holder> {
  if ((await openingMark(folder)) === undefined) return undefined
  return processWithOpenFile(inodes(folder))
}

/** Which process has this file open. */
export const holderOfFile = (file: string): Holder => processWithOpenFile(new Set([inode(file) ?? '']))

function inodes(folder: string): Set<string> {
  const found = new Set<string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const name = entry.isFile() ? inode(join(entry.parentPath, entry.name)) : undefined
    if (name !== undefined) found.add(name)
  }
  return found
}

/** By inode and not by name: another container sees the same file under another path. */
function processWithOpenFile(wanted: ReadonlySet<string>): Holder {
  if (process.platform !== 'linux') return 'unknown'
  for (const id of names('/proc').filter(name => /^\d+$/.test(name)))
    for (const descriptor of names(`/proc/${id}/fd`))
      if (wanted.has(inode(`/proc/${id}/fd/${descriptor}`, statSync) ?? '?')) return Number(id)
  return undefined
}

/** Empty for what has gone meanwhile, and for what belongs to somebody else. */
function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function inode(path: string, look: typeof statSync | typeof lstatSync = lstatSync): string | undefined {
  try {
    const { dev, ino } = look(path)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
