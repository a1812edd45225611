import { join } from 'node:path'
import { wrapBinaries } from './client-tools.ts'
import { unpackPackage } from './debian.ts'

/** Docker's compose of trixie, to be run as a program of its own. */
export async function composeProgram(): Promise<string> {
  const root = await unpackPackage('docker-compose', 'trixie')
  return join(await wrapBinaries(root, join(root, 'usr/libexec/docker/cli-plugins')), 'docker-compose')
}

/** trixie's kubectl. */
export async function kubectlProgram(): Promise<string> {
  const root = await unpackPackage('kubectl', 'trixie')
  return join(await wrapBinaries(root, join(root, 'usr/bin')), 'kubectl')
}
