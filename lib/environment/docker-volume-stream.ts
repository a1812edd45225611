import { Readable } from 'node:stream'
import { abortable, type Bytes } from '../bytes.ts'
import type { DockerEngine } from './docker-engine.ts'
import { volumeFailure } from './docker-volume-errors.ts'
import { openHolder } from './docker-volume-holder.ts'
import type { Maker } from './environment.ts'

/** Reads a volume as the engine's own tar, as it is. A connection that is cut is an error; a file that shrank is not: its tar is not whole. */
export async function* readVolume(
  engine: DockerEngine,
  maker: Maker,
  volume: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  await using holder = await openHolder(engine, maker, { name: volume, readOnly: true }, signal)
  const options = { path: '/volume', ...(signal && { abortSignal: signal }) }
  try {
    const stream = (await holder.container.getArchive(options)) as Readable
    try {
      yield* abortable(stream, signal)
    } finally {
      stream.destroy()
    }
  } catch (error) {
    throw volumeFailure(error, engine, { verb: 'read', volume, signal })
  }
}

/** Lets the engine unpack a tar over a volume. Ends as soon as the engine refuses it; `space-insufficient` when there is no room. */
export async function writeVolume(
  engine: DockerEngine,
  maker: Maker,
  { volume, tar }: { volume: string; tar: Bytes },
  signal?: AbortSignal,
): Promise<void> {
  await using holder = await openHolder(engine, maker, { name: volume, readOnly: false }, signal)
  // The client leaves a request open whose answer came before its end.
  const ended = new AbortController()
  const abortSignal = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
  const body = Readable.from(tar, { highWaterMark: 1 }) // by default it would hold sixteen pieces
  try {
    await holder.container.putArchive(body, { path: '/', abortSignal })
  } catch (error) {
    throw volumeFailure(error, engine, { verb: 'write', volume, signal })
  } finally {
    body.destroy()
    ended.abort()
  }
}
