import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { downloadPackages, keyringOfMachine } from './apt.ts'
import { hasCommand, run } from './command.ts'
import { withLock } from './lock.ts'
import { testbedPaths } from './paths.ts'
import { withWorkFolder } from './work-folder.ts'

/** Puts a Debian package, with all it depends on, into a folder of the cache and returns that folder. Nothing is
 *  installed. Without a suite it is this machine's own release, and what the machine has is not fetched again;
 *  with one (`trixie`) the whole closure is there, C library included, to be run by way of `wrapBinaries`. */
export function unpackPackage(name: string, suite?: string): Promise<string> {
  return unpackPackages([name], suite)
}

/** The same for several packages in one folder. */
export async function unpackPackages(names: readonly string[], suite?: string): Promise<string> {
  const folder = join(testbedPaths().cache, 'packages', folderName(names, suite))
  if (existsSync(folder)) return folder
  return withLock(folder, async () => {
    if (!existsSync(folder)) await fetchInto(folder, names, suite)
    return folder
  })
}

/** Says whether packages can be had here at all: Debian's or Ubuntu's tools, and the rights to use them. */
export async function canUnpack(): Promise<boolean> {
  return process.getuid?.() === 0 && (await hasCommand('apt-get')) && (await hasCommand('dpkg-deb'))
}

/** Debian's keys: the machine's own, or out of the package that carries them (Ubuntu). */
export async function debianKeyring(): Promise<string> {
  const found = keyringOfMachine()
  if (found) return found
  const folder = await unpackPackage('debian-archive-keyring')
  return join(folder, 'usr/share/keyrings/debian-archive-keyring.gpg')
}

function folderName(names: readonly string[], suite = ''): string {
  const mark = createHash('sha256')
    .update(`${names.join(' ')} ${suite}`)
    .digest('hex')
    .slice(0, 6)
  return [names[0], suite, mark].filter(Boolean).join('-')
}

async function fetchInto(folder: string, names: readonly string[], suite?: string): Promise<void> {
  await withWorkFolder(dirname(folder), async work => {
    const source = suite ? { name: suite, keyring: await debianKeyring() } : undefined
    await unpackAll(await downloadPackages(work, names, source), join(work, 'root'))
    await rename(join(work, 'root'), folder)
  })
}

async function unpackAll(archives: string, root: string): Promise<void> {
  await mkdir(root)
  const packages = (await readdir(archives)).filter(file => file.endsWith('.deb'))
  for (const file of packages) await run(['dpkg-deb', '-x', join(archives, file), root])
}
