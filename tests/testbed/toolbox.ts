import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hasCommand, withSystemPath } from './command.ts'
import { unpackPackages } from './debian.ts'

const binFolders = ['usr/sbin', 'usr/bin', 'sbin', 'bin']
const libFolders = ['usr/lib', 'lib'].flatMap(lib =>
  ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(triplet => `${lib}/${triplet}`),
)

/** An environment in which the programs of these packages come first, and with them those of the `tools`
 *  (command → package) that this machine lacks. */
export async function toolbox(
  packages: readonly string[],
  tools: Readonly<Record<string, string>>,
): Promise<NodeJS.ProcessEnv> {
  const missing: string[] = []
  for (const [command, name] of Object.entries(tools)) if (!(await hasCommand(command))) missing.push(name)
  const wanted = [...packages, ...missing]
  if (wanted.length === 0) return withSystemPath({ ...process.env, LC_ALL: 'C.UTF-8' })
  const folder = await unpackPackages(wanted)
  const env = withSystemPath({ ...process.env, LC_ALL: 'C.UTF-8' }, ...existing(folder, binFolders))
  const libraries = existing(folder, libFolders)
  return {
    ...env,
    RESPALDO_TOOLBOX: folder,
    ...(libraries.length && { LD_LIBRARY_PATH: libraries.join(':') }),
  }
}

function existing(folder: string, names: readonly string[]): string[] {
  return names.map(name => join(folder, name)).filter(path => existsSync(path))
}
