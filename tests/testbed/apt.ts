import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, withSystemPath } from './command.ts'

const machineKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Downloads packages and what they depend on into `<work>/archives`, and installs nothing. Without a suite: what
 *  this machine lacks, in its own release; with one: the whole closure, as on an empty system. */
export async function downloadPackages(
  work: string,
  names: readonly string[],
  suite?: { name: string; keyring: string },
): Promise<string> {
  const archives = join(work, 'archives')
  await mkdir(join(archives, 'partial'), { recursive: true })
  const apt = [...ofMachine(archives), ...(suite ? await ofSuite(work, suite) : [])]
  const env = withSystemPath({ ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' })
  const install = ['install', '--yes', '--reinstall', '--download-only', ...names]
  const update = () => run(['apt-get', ...apt, 'update'], { env })
  const get = () => run(['apt-get', ...apt, ...install], { env })
  if (suite) await update()
  await get().catch(async () => {
    await update()
    await get()
  })
  return archives
}

/** The Debian mirror that this machine's apt uses, or the public one where it uses none (Ubuntu). */
export async function debianMirror(): Promise<string> {
  const ask = ['apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages'] as const
  const sites = await run(ask).catch(() => '')
  return sites.split('\n').find(site => /\/debian\/?$/.test(site)) ?? 'http://deb.debian.org/debian'
}

/** Where Debian's keys are on a machine that has them. */
export function keyringOfMachine(): string | undefined {
  return existsSync(machineKeyring) ? machineKeyring : undefined
}

/** `install --download-only` resolves dependencies, which `download` does not; it needs none of dpkg's locks. */
function ofMachine(archives: string): string[] {
  return options({
    'Dir::Cache::archives': archives,
    'APT::Install-Recommends': '0',
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': '1',
  })
}

/** A private apt: its own sources and lists, and an empty list of installed packages. */
async function ofSuite(work: string, suite: { name: string; keyring: string }): Promise<string[]> {
  const sources = join(work, 'sources.list')
  const status = join(work, 'status')
  await mkdir(join(work, 'lists', 'partial'), { recursive: true })
  await writeFile(sources, `deb [signed-by=${suite.keyring}] ${await debianMirror()} ${suite.name} main\n`)
  await writeFile(status, '')
  return options({
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': status,
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
  })
}

function options(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}
