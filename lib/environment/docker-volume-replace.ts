import { RespaldoError } from '../errors.ts'
import type { DockerEngine } from './docker-engine.ts'
import { inspectVolume } from './docker-volume-facts.ts'
import { volumeMount } from './docker-volume-holder.ts'
import { runOnVolumes, unfit } from './docker-volume-process.ts'
import type { Maker } from './environment.ts'

const [from, to] = ['/respaldo/from', '/respaldo/to']

/**
 * Clears the volume, then copies. Without `find` it is cleared name by name, which a shell can, but slowly. `$1` is `GNU` when no other `cp` will do:
 * busybox's makes no holes of zeros, and loses attributes (capabilities) and the times of symlinks.
 */
const replace = `
set -e
case "$(cp --version 2>&1)" in *GNU*) sparse=--sparse=always ;; *) sparse= ;; esac
[ "$sparse" ] || [ "$1" != GNU ] || exit ${unfit}
command -v cp >/dev/null && command -v rm >/dev/null || exit ${unfit}
cd ${to}
find . -mindepth 1 -delete 2>/dev/null || for name in ..?* .[!.]* *; do
  if [ -e "$name" ] || [ -L "$name" ]; then rm -rf "./$name"; fi
done
cp -a $sparse ${from}/. .
sync
`

/** Says whether an image is present that can do what `replaceVolume` does. */
export async function isReplaceable(
  engine: DockerEngine,
  maker: Maker,
  volume: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const script = { name: 'looking', script: look, args: [], mounts: [volumeMount(volume, to, true)], volume }
  return (await runOnVolumes(engine, maker, script, signal)) !== undefined
}

const look = `command -v cp >/dev/null && command -v rm >/dev/null || exit ${unfit}`

/**
 * Clears a volume and copies another one in, by one process in a container of an image that is present. Whatever it was stopped at, doing it again
 * brings it to its end. One at a time for a volume: what a dead run started is ended first.
 */
export async function replaceVolume(
  engine: DockerEngine,
  maker: Maker,
  { volume, staged }: { volume: string; staged: string },
  signal?: AbortSignal,
): Promise<void> {
  if (staged === volume)
    throw new RespaldoError('internal', `The volume ${volume} was to be replaced with itself`)
  for (const name of [volume, staged]) await inspectVolume(engine, name, signal)
  const script = {
    name: 'copying',
    script: replace,
    mounts: [volumeMount(staged, from, true), volumeMount(volume, to, false)],
    volume,
    container: `respaldo-replaces-${volume}`,
  }
  for (const cp of ['GNU', 'any']) {
    if (await runOnVolumes(engine, maker, { ...script, args: [cp] }, signal)) return
  }
  throw new RespaldoError(
    'environment-unavailable',
    `The content of the volume ${volume} cannot be replaced: no image of this engine has a shell with cp and rm`,
    { hint: 'Restore into a new volume with --into, or get a small image, with `docker pull busybox` say.' },
  )
}
