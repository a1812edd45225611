import { existsSync } from 'node:fs'
import { glob, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { unpackPackage } from './debian.ts'
import { withLock } from './lock.ts'
import { testbedPaths } from './paths.ts'
import { withWorkFolder } from './work-folder.ts'

const suites = { 15: 'bookworm', 17: 'trixie' } as const

/** A folder with pg_dump, pg_restore, pg_dumpall and psql of that major that run on this machine itself:
 *  its own, or unpacked ones that bring their C library along. */
export async function clientTools(major: 15 | 17): Promise<string> {
  const own = `/usr/lib/postgresql/${major}/bin`
  if (existsSync(join(own, 'pg_dump'))) return own
  const root = await unpackPackage(`postgresql-client-${major}`, suites[major])
  return wrapBinaries(root, join(root, own))
}

/** A folder with trixie's restic. */
export async function resticFolder(): Promise<string> {
  const root = await unpackPackage('restic', 'trixie')
  return wrapBinaries(root, join(root, 'usr/bin'))
}

/** For each program of `binaries`, a script that runs it with the C library of the release unpacked in `root`, since
 *  this machine's may be older. Returns the folder of the scripts. */
export async function wrapBinaries(root: string, binaries: string): Promise<string> {
  const folder = join(testbedPaths().cache, 'wrapped', basename(root))
  await withLock(folder, async () => {
    if (!existsSync(folder)) await writeWrappers(root, binaries, folder)
  })
  return folder
}

async function writeWrappers(root: string, binaries: string, folder: string): Promise<void> {
  const run = await loader(root)
  await withWorkFolder(dirname(folder), async work => {
    const bin = join(work, 'bin')
    await mkdir(bin)
    for (const name of await readdir(binaries)) {
      const script = `#!/bin/sh\nexec ${run} "${binaries}/${name}" "$@"\n`
      await writeFile(join(bin, name), script, { mode: 0o755 })
    }
    await rename(bin, folder)
  })
}

/** The dynamic loader of that release, told where its libraries are. A program is named by its script, so that it
 *  finds its siblings' scripts too: pg_dumpall starts the pg_dump beside it. */
async function loader(root: string): Promise<string> {
  // Up to bookworm the C library's package puts it into /lib, later into /usr/lib.
  const loaders = await Array.fromAsync(glob('{usr/,}lib/*-linux-gnu/ld-linux*', { cwd: root }))
  const libraries = await Array.fromAsync(glob('{usr/,}lib/*-linux-gnu', { cwd: root }))
  if (!loaders[0]) throw new Error(`No C library was found in ${root}.`)
  const path = libraries.map(folder => join(root, folder)).join(':')
  return `"${join(root, loaders[0])}" --argv0 "$0" --library-path "${path}"`
}
