import { spawn } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { pipeline as finish } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { debianMirror } from './apt.ts'
import { run } from './command.ts'
import { debianKeyring } from './debian.ts'
import { withLock } from './lock.ts'
import { testbedPaths } from './paths.ts'
import { baseMark, leftOut, type Root } from './recipes.ts'
import { toolbox } from './toolbox.ts'
import { withWorkFolder } from './work-folder.ts'

/** The tar of a Debian, built with debootstrap at its first use (half a minute) and kept. */
export async function rootfs(root: Root): Promise<Readable> {
  const file = join(testbedPaths().cache, 'rootfs', `${baseMark(root)}.tar.zst`)
  await withLock(file, async () => {
    if (!existsSync(file)) await build(root, file)
  })
  // Nobody waits here for the end: a file that does not read ends the returned stream with an error.
  return pipeline(createReadStream(file), createZstdDecompress(), () => {})
}

async function build(root: Root, file: string): Promise<void> {
  await withWorkFolder(join(file, '..'), async work => {
    const folder = join(work, 'root')
    await debootstrap(root, folder)
    await pack(folder, join(work, 'tar.zst'))
    await rename(join(work, 'tar.zst'), file)
  })
}

/** Ties a command to this process, in a process and mount namespace of its own: when this process is killed, nothing
 *  goes on and nothing stays mounted. */
const tie = ['--pdeathsig=KILL', 'unshare', ...'--mount --pid --fork --kill-child --mount-proc'.split(' ')]

async function debootstrap({ suite, packages }: Root, target: string): Promise<void> {
  const tools = await toolbox(['debootstrap'], { wget: 'wget', gpgv: 'gpgv', xz: 'xz-utils' })
  const own = join(`${tools.RESPALDO_TOOLBOX}`, 'usr')
  const env = { ...tools, DEBOOTSTRAP_DIR: join(own, 'share/debootstrap') }
  const include = `--include=${packages.join()}`
  const flags = ['--variant=minbase', include, `--keyring=${await debianKeyring()}`]
  const command = ['sh', join(own, 'sbin/debootstrap'), ...flags, suite, target, await debianMirror()]
  await run(['setpriv', ...tie, ...command], { env })
}

async function pack(root: string, file: string): Promise<void> {
  const flags = ['--numeric-owner', '--one-file-system', ...leftOut.map(path => `--exclude=./${path}`)]
  const tar = spawn('tar', ['-C', root, ...flags, '-c', '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise(resolve => tar.on('close', resolve))
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
  await finish(tar.stdout, zstd, createWriteStream(file, { flush: true }))
  if ((await ended) !== 0) throw new Error(`tar could not pack ${root}.`)
  await rm(root, { recursive: true, force: true })
}
