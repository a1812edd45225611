import { type Dirent, readdirSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isSegment, sortByBytes } from '../key.ts'
import { codeOf, failure } from './failure.ts'
import type { Quick } from './quick.ts'

/**
 * Keys below the prefix, ascending by bytes, one folder in memory at a time for every level.
 * Symbolic links are followed (a source may lie on another disk), but never into a folder that the walk is in already.
 * What cannot be a key (unfinished files, names that are not UTF-8, pipes, devices) is left out.
 */
export async function* walk(
  root: string,
  prefix: string,
  { shallow, quick }: { shallow: boolean; quick: Quick },
): AsyncGenerator<string> {
  const slash = prefix.lastIndexOf('/') + 1
  const top = prefix.slice(0, slash)
  const start = prefix.slice(slash)
  const realRoot = () => realpath(root).catch(() => root) // asked only where there is a link

  async function* below(folder: string, trail: readonly string[]): AsyncGenerator<string> {
    const { names, links } = await entries(join(root, folder), folder === '', quick)
    for (const name of names) {
      if (folder === top && !name.startsWith(start)) continue
      if (shallow || !name.endsWith('/')) yield folder + name
      else if (!links.has(name)) yield* below(`${folder}${name}`, trail)
      else {
        const real = await realpath(join(root, folder, name)).catch(() => undefined) // gone meanwhile
        if (real && real !== (await realRoot()) && !trail.includes(real))
          yield* below(`${folder}${name}`, [...trail, real])
      }
    }
  }

  yield* below(top, [])
}

/** The names in one folder as they stand in keys, folders with their `/` so that they sort as their content does. */
async function entries(
  path: string,
  isRoot: boolean,
  quick: Quick,
): Promise<{ names: string[]; links: Set<string> }> {
  const names: string[] = []
  const links = new Set<string>()
  for (const entry of await read(path, isRoot, quick)) {
    if (!isSegment(entry.name)) continue
    const name = await keyName(path, entry)
    if (name) names.push(name)
    if (name && entry.isSymbolicLink()) links.add(name)
  }
  return { names: sortByBytes(names), links }
}

/** A folder that is not there, or no folder, has nothing in it; only a root that is no folder is a failure. */
async function read(path: string, isRoot: boolean, quick: Quick): Promise<Dirent[]> {
  const options = { withFileTypes: true } as const
  try {
    return quick(() => readdirSync(path, options)) ?? (await readdir(path, options))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || (code === 'ENOTDIR' && !isRoot)) return []
    throw failure(`list ${path}`, error)
  }
}

async function keyName(path: string, entry: Dirent): Promise<string | undefined> {
  const kind = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(() => undefined) : entry
  if (kind?.isDirectory()) return `${entry.name}/`
  return kind?.isFile() ? entry.name : undefined
}
