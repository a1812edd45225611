import type { Bytes } from '../bytes.ts'
import { RespaldoError, toRespaldoError } from '../errors.ts'
import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { openChain } from '../repository/chain.ts'
import type { BackupDraft, WrittenData } from '../repository/writer.ts'
import type { Store } from '../store/store.ts'
import { type Changes, openChanges } from '../volumes/changes.ts'
import { excluding } from '../volumes/excluded.ts'
import { isCutTar } from '../volumes/tar-errors.ts'
import type { Volume, VolumeScope } from '../volumes/volume.ts'
import { type VolumeWalk, volumeWalker } from '../volumes/volume-walker.ts'
import { walkedBy } from '../walker.ts'
import type { Base } from './backup.ts'

/** What of a volume is read, and into what. */
export interface VolumeReading {
  /** For messages. */
  name: string
  volume: Volume
  scope: VolumeScope
  draft: Pick<BackupDraft, 'data'>
  /** The repository's. */
  store: Store
  base: Base | undefined
  /** By which the chunks of a full are chosen; undefined when nobody knows. */
  expectedBytes: number | undefined
}

/** A volume as it was read and stored. */
export interface StoredVolume {
  written: WrittenData
  walk: VolumeWalk
  changes: Changes
}

const tries = 3

/** Taken for the size that nobody knows. */
const guessedBytes = 2 * 1024 ** 3

/** Up to this size all fulls have the smallest chunks. */
const smallBytes = 512 * 1024 ** 2

/** A full that is so many times as large as its chunks were chosen for is cut anew: what is held in memory grows with their number. */
const farLarger = 16

/** Thrown through what stores a full that has to be cut anew. */
class Larger {}

/**
 * Reads a volume into a backup's data. A tar that was not whole, because a file became shorter meanwhile, is read again, and at last fails
 * as `data-corrupt`. What was stored of it before is gone.
 */
export async function readVolume(reading: VolumeReading, context: Context): Promise<StoredVolume> {
  let { base, expectedBytes = guessedBytes } = reading
  for (let cuts = 0; ; ) {
    try {
      return await readOnce({ ...reading, base, expectedBytes }, context)
    } catch (error) {
      if (error instanceof Larger) expectedBytes = largerThan(expectedBytes) * farLarger
      else if (!isCutTar(error)) throw error
      else if (++cuts === tries) throw neverWhole(reading.name, toRespaldoError(error))
      tellAgain(reading.name, error, context)
    }
    // Chunks that were noted and not stored must not be built on.
    base &&= { ...base, chunks: await openChain(reading.store, base.chain) }
  }
}

async function readOnce(
  { volume, scope, draft, base, expectedBytes }: VolumeReading & { expectedBytes: number },
  { services, report, signal }: Context,
): Promise<StoredVolume> {
  const changes = openChanges(services.clock)
  const tar = scope.exclude ? excluding(volume.read(signal), scope.exclude) : volume.read(signal)
  const walk = walkedBy(volumeWalker(changes), counted(tar, 'read', report))
  const raw = base ? walk.bytes : upTo(largerThan(expectedBytes), walk.bytes)
  const options = { format: 'tar' as const, sourceBytes: expectedBytes, base: base?.chunks, signal }
  const written = await draft.data(raw, options)
  return { written, walk: walk.result(), changes: changes.result() }
}

const largerThan = (expectedBytes: number): number => Math.max(expectedBytes, smallBytes) * farLarger

async function* upTo(limitBytes: number, bytes: Bytes): AsyncGenerator<Uint8Array, void, void> {
  let total = 0
  for await (const piece of bytes) {
    total += piece.byteLength
    if (total > limitBytes) throw new Larger()
    yield piece
  }
}

function tellAgain(name: string, error: unknown, { report }: Context): void {
  const message =
    error instanceof Larger
      ? `${name} is read again, as it is far larger than it was taken for`
      : `${name} is read again, as a file became shorter meanwhile: ${toRespaldoError(error).message}`
  report({ type: 'warning', message })
}

function neverWhole(name: string, error: RespaldoError): RespaldoError {
  return new RespaldoError(error.code, `${name} was read ${tries} times and never whole: ${error.message}`, {
    hint: 'A file becomes shorter while it is read. Let what writes to it rest meanwhile, or exclude the file with --exclude.',
    cause: error,
    context: error.context,
  })
}
