import { createGunzip } from 'node:zlib'
import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { DumpFormat, RestoreInput } from './database.ts'
import { sniff } from './plain.ts'
import { pump } from './pump.ts'
import { walked } from './walk.ts'
import { unzstd } from './zstd-frames.ts'

/** A file of the user's, read from its beginning as often as it is opened. */
export interface OpenedFile {
  name: string
  open(signal?: AbortSignal): Bytes
}

/** A foreign dump as a restore's input. It is read to its end first: a truncated or damaged file is `data-corrupt` before anything is touched. */
export async function foreignInput(file: OpenedFile, signal?: AbortSignal): Promise<RestoreInput> {
  const { open, format } = await recognised(file, signal)
  const walk = walked(open(signal), format)
  let rawBytes = 0
  for await (const piece of walk.bytes) rawBytes += piece.byteLength
  return { format, open, rawBytes, tables: walk.result().tables }
}

async function recognised(
  file: OpenedFile,
  signal?: AbortSignal,
): Promise<{ open: OpenedFile['open']; format: DumpFormat }> {
  const outer = sniff(await head(file.open(signal)))
  const open =
    outer === 'gzip' || outer === 'zstd' ? (again?: AbortSignal) => unpacked(file, outer, again) : file.open
  const inner = outer === 'gzip' || outer === 'zstd' ? sniff(await head(open(signal))) : outer
  if (inner === 'custom' || inner === 'plain') return { open, format: inner }
  throw new RespaldoError(
    'data-corrupt',
    `${file.name} is ${inner === 'empty' ? 'empty' : 'not a dump of a database'}`,
    {
      hint: 'Respaldo restores .sql and .dump files (custom format), also compressed with gzip or zstd.',
    },
  )
}

async function* unpacked(
  file: OpenedFile,
  kind: 'gzip' | 'zstd',
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const bytes = file.open(signal)
  try {
    yield* kind === 'zstd' ? unzstd(bytes) : pump(bytes, createGunzip({ chunkSize: 256 * 1024 }))
  } catch (cause) {
    if (cause instanceof RespaldoError) throw cause
    throw new RespaldoError('data-corrupt', `${file.name}: its ${kind} compression is damaged or cut`, {
      cause,
      hint: 'Get the file again from where it came from.',
    })
  }
}

async function head(bytes: Bytes): Promise<Uint8Array> {
  for await (const piece of bytes) if (piece.byteLength > 0) return piece.subarray(0, 65_536)
  return new Uint8Array()
}
