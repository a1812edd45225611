import type { DockerEngine } from './docker-engine.ts'
import { inspectVolume, visibleFreeBytes } from './docker-volume-facts.ts'
import { volumeMount } from './docker-volume-holder.ts'
import { runOnVolumes, unfit } from './docker-volume-process.ts'
import type { Maker } from './environment.ts'

const place = '/respaldo/volume'

const measure = `command -v df >/dev/null || exit ${unfit}; df -Pk ${place}`

/** Free bytes where a volume lives: seen from here, else measured by `df` of an image that is present; undefined where neither can be. */
export async function freeBytesOf(
  engine: DockerEngine,
  maker: Maker,
  volume: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const visible = await visibleFreeBytes(engine, await inspectVolume(engine, volume, signal))
  if (visible !== undefined) return visible
  const mounts = [volumeMount(volume, place, true)]
  const lines = await runOnVolumes(
    engine,
    maker,
    { name: 'df', script: measure, args: [], mounts, volume },
    signal,
  )
  return lines && parseFreeBytes(lines)
}

/** Of what `df -Pk` says of one place: the fourth number of its last line. */
export function parseFreeBytes(lines: readonly string[]): number | undefined {
  const [, kibibytes] = /^.*?\s\d+\s+\d+\s+(\d+)\s+\d+%\s/.exec(lines.at(-1) ?? '') ?? []
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}
