import type { Bytes } from '../bytes.ts'
import { throwIfAborted } from '../errors.ts'
import type { DockerEngine } from './docker-engine.ts'
import { volumeMount } from './docker-volume-holder.ts'
import { runOnVolumes, unfit } from './docker-volume-process.ts'
import type { Maker } from './environment.ts'

const place = '/respaldo/volume'

/**
 * Digging changes a file's time, which is set back, and takes a program's capabilities away: programs are left as they are. Only the large files of a
 * volume are looked at, because each costs a process.
 */
const dig = `
command -v find >/dev/null && command -v stat >/dev/null && command -v touch >/dev/null || exit ${unfit}
case "$(fallocate --help 2>&1)" in *--dig-holes*) ;; *) exit ${unfit} ;; esac
find ${place} -xdev -type f -size +1023k ! -perm /111 -exec sh -c '
  for file; do time=$(stat -c %Y "$file") && fallocate -d "$file" && touch -m -d "@$time" "$file"; done
' sh {} +
`

/** Makes holes of the zeros in a volume's large files where an image that is present can. Nothing is lost where none can, so that is no failure. */
export async function digHoles(
  engine: DockerEngine,
  maker: Maker,
  volume: string,
  signal?: AbortSignal,
): Promise<void> {
  const mounts = [volumeMount(volume, place, false)]
  const script = { name: 'fallocate', script: dig, args: [], mounts, volume }
  await runOnVolumes(engine, maker, script, signal).catch(() => {})
  throwIfAborted(signal)
}

const zeros = Buffer.alloc(64 * 1024)

/** Passes a tar on and sees whether so many zeros were in it, a mebibyte, that holes are worth digging. */
export function zeroWatch(tar: Bytes): { bytes: Bytes; isWorthDigging(): boolean } {
  let seenBytes = 0
  async function* pass(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of tar) {
      seenBytes += zerosIn(piece)
      yield piece
    }
  }
  return { bytes: pass(), isWorthDigging: () => seenBytes >= 1024 * 1024 }
}

/** In steps that are zeros from end to end; a step that is not costs the look at its first bytes. */
function zerosIn(piece: Uint8Array): number {
  let count = 0
  for (let at = 0; at < piece.length; at += zeros.length) {
    const step = piece.subarray(at, at + zeros.length)
    if (zeros.compare(step, 0, step.length, 0, step.length) === 0) count += step.length
  }
  return count
}
