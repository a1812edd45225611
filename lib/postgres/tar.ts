import { Readable } from 'node:stream'
import type { EntryData, TarArchive } from 'archiver'
import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'

/** What becomes a file of a tar. Its content is as long each time that it is opened. */
export interface Content {
  name: string
  open(): Bytes
}

/** A content that was read once: a tar says how long a file is before it comes. */
export interface Measured extends Content {
  bytes: number
}

/** Reads a content to its end and keeps nothing of it. */
export async function measured(content: Content): Promise<Measured> {
  let bytes = 0
  for await (const piece of content.open()) bytes += piece.byteLength
  return { ...content, bytes }
}

/** A gzipped tar of these files in order, written while they are read again; throws when one is not as long as it was. */
export async function* tarGz(
  files: readonly Measured[],
  options: { level: number; time: Date },
): AsyncGenerator<Uint8Array, void, void> {
  const { TarArchive } = await import('archiver') // not loaded by who makes no tar
  const archive = new TarArchive({ gzip: true, gzipOptions: { level: options.level } })
  const filled = fill(archive, files, options.time)
  filled.catch(error => archive.destroy(error))
  for await (const piece of archive) yield piece as Uint8Array
  await filled
}

async function fill(archive: TarArchive, files: readonly Measured[], time: Date): Promise<void> {
  for (const file of files) await append(archive, file, time)
  await archive.finalize()
}

/** Resolves when the file is in the archive. Without `stats` archiver would hold the whole of it in memory. */
function append(archive: TarArchive, file: Measured, date: Date): Promise<void> {
  const content = Readable.from(asMeasured(file), { objectMode: false })
  const stats = { size: file.bytes } as NonNullable<EntryData['stats']>
  return new Promise<void>((resolve, reject) => {
    content.once('error', reject)
    archive.once('error', reject)
    archive.once('close', () => reject(new Error('the tar is not wanted any more')))
    archive.once('entry', () => resolve())
    archive.append(content, { name: file.name, mode: 0o600, date, stats })
  }).finally(() => content.destroy())
}

async function* asMeasured({ name, bytes, open }: Measured): AsyncGenerator<Uint8Array, void, void> {
  let seen = 0
  for await (const piece of open()) {
    seen += piece.byteLength
    if (seen > bytes) break
    yield piece
  }
  if (seen === bytes) return
  throw new RespaldoError('command-failed', `${name} came out differently when it was made again`, {
    hint: 'Try again. If it happens again, export as .dump.',
  })
}

/** The content of the first file of that name in a tar, in whatever folder. Throws `data-corrupt` when there is none or it is cut. */
export async function* fileOfTar(tar: Bytes, name: string): AsyncGenerator<Uint8Array, void, void> {
  const { extract } = await import('tar-stream')
  const source = Readable.from(tar, { objectMode: false })
  const files = extract()
  source.once('error', error => files.destroy(error))
  source.pipe(files)
  try {
    for await (const file of files) {
      if (file.header.name.split('/').at(-1) === name) return yield* file as Bytes
      file.resume()
    }
  } catch (cause) {
    throw cause instanceof RespaldoError ? cause : damagedTar('The tar is damaged or cut', cause)
  } finally {
    source.destroy()
    files.destroy()
  }
  throw damagedTar(`The tar has no ${name}`)
}

function damagedTar(message: string, cause?: unknown): RespaldoError {
  return new RespaldoError('data-corrupt', message, {
    cause,
    hint: 'Respaldo restores the .tar.gz files that `respaldo export` writes: of a database with schema.sql and data.sql.',
  })
}
