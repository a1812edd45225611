import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'

/** Takes bytes from the front; `number` reads them little-endian. */
function front(bytes: Buffer) {
  let at = 0
  const take = (size: number) => {
    at += size
    return bytes.subarray(at - size, at)
  }
  const number = (size: 2 | 4 | 8) =>
    size === 8 ? Number(take(size).readBigUInt64LE()) : take(size).readUIntLE(0, size)
  return { take, number, taken: () => bytes.subarray(0, at), isEmpty: () => at === bytes.length }
}

/** A reader of its own, written from FORMAT.md alone: what the page says has to be enough. It imports nothing of the project. */
export function readIndex(bytes: Buffer) {
  const { take, number, taken, isEmpty } = front(bytes)
  const times = <T>(count: number, one: () => T) => Array.from({ length: count }, one)
  const isIndex = take(8).toString() === 'RSPINDEX' && number(4) === 1
  const average = number(4)
  const [p = 0, f = 0, n = 0, s = 0] = times(4, () => number(4))
  const index = {
    average,
    rawBytes: number(8),
    parents: times(p, () => take(number(2)).toString()),
    frames: times(f, () => ({ storedBytes: number(4), chunks: number(4) })),
    segments: times(s, () => ({ backup: number(4), first: number(4), count: number(4) })),
    chunks: join(
      times(n, () => number(4)),
      () => take(32).toString('hex'),
    ),
  }
  const isWhole = sha256(taken()) === take(32).toString('hex') && isEmpty()
  if (!isIndex || !isWhole) throw new Error('not a whole index')
  return index
}

function join(lengths: number[], sum: () => string) {
  return lengths.map(bytes => ({ bytes, sha256: sum() }))
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** RFC 8878, 3.1.1.1: the magic number, and a descriptor with a content size and a checksum. */
function isPlainFrame(frame: Buffer): boolean {
  const descriptor = frame[4]!
  return frame.readUInt32LE(0) === 0xfd2fb528 && descriptor >= 0x20 && (descriptor & 4) !== 0
}

/** The dump of a full: its frames unpacked one by one, every chunk in them compared with its name. */
export function readFull(data: Buffer, index: ReturnType<typeof readIndex>): Buffer {
  const own: Buffer[] = []
  const file = front(data)
  for (const { storedBytes, chunks } of index.frames) {
    const packed = file.take(storedBytes)
    if (!isPlainFrame(packed)) throw new Error('a frame without content size or checksum')
    const frame = front(zstdDecompressSync(packed))
    for (const { bytes, sha256: name } of index.chunks.slice(own.length, own.length + chunks)) {
      own.push(frame.take(bytes))
      if (sha256(own.at(-1)!) !== name) throw new Error(`chunk ${own.length - 1} is another one`)
    }
    if (!frame.isEmpty()) throw new Error('a frame holds more than its chunks')
  }
  const dump = Buffer.concat(index.segments.flatMap(({ first, count }) => own.slice(first, first + count)))
  if (!file.isEmpty() || dump.length !== index.rawBytes) throw new Error('the parts do not add up')
  return dump
}

/** A manifest's text without its last field, once that was found to be right. */
export function readManifest(text: string): Record<string, unknown> {
  const body = text.slice(0, text.lastIndexOf('\n', text.length - 4) + 1)
  const { sha256: sum, ...manifest } = JSON.parse(text)
  if (sha256(Buffer.from(body)) !== sum) throw new Error('the sum does not fit')
  return manifest
}

/** Lengths of the chunks into which FORMAT.md says that this version cuts. */
export function cut(bytes: Uint8Array, average: number): number[] {
  const gear = Array.from({ length: 256 }, (_, byte) =>
    createHash('sha256').update(`respaldo gear ${byte}`).digest().readUInt32LE(0),
  )
  const lengths: number[] = []
  const log = Math.log2(average)
  for (let start = 0, at = 0; start < bytes.length; start = at) {
    let h = 0
    for (at = start + average / 4; at < Math.min(bytes.length, start + average * 4); ) {
      h = (h * 2 + gear[bytes[at]!]!) % 2 ** 32
      const zeros = at < start + average ? log + 1 : log - 1
      at += 1
      if (h < 2 ** (32 - zeros)) break
    }
    at = Math.min(at, bytes.length)
    lengths.push(at - start)
  }
  return lengths
}
