import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { canUnpack, unpackPackage } from './debian.ts'
import type { Engine } from './engine.ts'
import { withLock } from './lock.ts'
import { testbedPaths } from './paths.ts'
import { importImage, pullImage, unlessMissing } from './registry.ts'
import { withWorkFolder } from './work-folder.ts'

const tag = 'respaldo-testbed/busybox:1'

/** Makes sure that the engine has an image of busybox alone, as small images are, and returns its tag. */
export function ensureBusybox(engine: Engine): Promise<string> {
  return withLock(`${engine.socketPath} busybox`, async () => {
    if (!(await unlessMissing(engine.docker.getImage(tag).inspect()))) await make(engine)
    return tag
  })
}

async function make(engine: Engine): Promise<void> {
  if (engine.kind === 'reachable' && (await pullImage(engine.docker, 'busybox:latest'))) {
    await engine.docker.getImage('busybox:latest').tag({ repo: 'respaldo-testbed/busybox', tag: '1' })
    return
  }
  if (!(await canUnpack()))
    throw new Error('No registry answers for busybox, and only root on Debian can build it.')
  const folder = await unpackPackage('busybox-static')
  await withWorkFolder(testbedPaths().cache, async work => {
    const file = join(work, 'image.tar')
    await run(['sh', '-ec', pack, 'sh', join(folder, 'bin/busybox'), join(work, 'root'), file])
    await importImage(engine.docker, createReadStream(file), tag)
  })
}

const pack = `mkdir -p "$2/bin"; cp "$1" "$2/bin/busybox"
for applet in $("$1" --list); do [ "$applet" = busybox ] || ln -s busybox "$2/bin/$applet"; done
tar -C "$2" -cf "$3" .`
