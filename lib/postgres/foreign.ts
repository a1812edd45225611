import { createGunzip } from 'node:zlib'
import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { DumpFormat, RestoreInput, TableCount } from './database.ts'
import { type Sniffed, sniff } from './plain.ts'
import { pump } from './pump.ts'
import { fileOfTar } from './tar.ts'
import { walked } from './walk.ts'
import { unzstd } from './zstd-frames.ts'

/** A file of the user's, read from its beginning as often as it is opened. */
export interface OpenedFile {
  name: string
  open(signal?: AbortSignal): Bytes
}

/** What is restored of a file: dumps one after the other, of which each is whole by itself. */
interface Recognised {
  format: DumpFormat
  dumps: readonly OpenedFile['open'][]
}

/** What a tar that can be restored holds, in the order in which it is restored. */
export const tarScripts = ['schema.sql', 'data.sql'] as const

/** A foreign dump as a restore's input. It is read to its end first: a truncated or damaged file is `data-corrupt` before anything is touched. */
export async function foreignInput(file: OpenedFile, signal?: AbortSignal): Promise<RestoreInput> {
  const { dumps, format } = await recognised(file, signal)
  const tables: TableCount[] = []
  let rawBytes = 0
  for (const open of dumps) {
    const walk = walked(open(signal), format)
    for await (const piece of walk.bytes) rawBytes += piece.byteLength
    tables.push(...walk.result().tables)
  }
  return { format, open: again => joined(dumps, again), rawBytes, tables }
}

async function* joined(dumps: Recognised['dumps'], signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const open of dumps) yield* open(signal)
}

async function recognised(file: OpenedFile, signal?: AbortSignal): Promise<Recognised> {
  const { kind: inner, open } = await unpackedFile(file, signal)
  if (inner === 'custom' || inner === 'plain') return { dumps: [open], format: inner }
  if (inner === 'tar')
    return {
      dumps: tarScripts.map(name => (again?: AbortSignal) => fileOfTar(open(again), name)),
      format: 'plain',
    }
  throw new RespaldoError(
    'data-corrupt',
    `${file.name} is ${inner === 'empty' ? 'empty' : 'not a dump of a database'}`,
    {
      hint: 'Respaldo restores .sql and .dump files (custom format), also compressed with gzip or zstd, and .tar.gz with schema.sql and data.sql.',
    },
  )
}

/** What is in a file, whether compressed or not; `open` may be called more than once and throws `data-corrupt` for damaged compression. */
export async function unpackedFile(
  file: OpenedFile,
  signal?: AbortSignal,
): Promise<{ kind: Sniffed; open: OpenedFile['open'] }> {
  const outer = sniff(await head(file.open(signal)))
  if (outer !== 'gzip' && outer !== 'zstd') return { kind: outer, open: file.open }
  const open = (again?: AbortSignal) => unpacked(file, outer, again)
  return { kind: sniff(await head(open(signal))), open }
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

/** Enough to tell what a file is, however small its pieces come. */
async function head(bytes: Bytes): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    pieces.push(Uint8Array.from(piece.subarray(0, headBytes)))
    length += piece.byteLength
    if (length >= headBytes) break
  }
  return Buffer.concat(pieces)
}

/** A block of a tar. */
const headBytes = 512
