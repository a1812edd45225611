import type { TocEntry } from '#lib/postgres/archive'

/** What a made-up archive has; everything else is filled in. */
export interface ArchiveParts {
  minor?: number
  major?: number
  compression?: number
  offsetBytes?: 4 | 8
  database?: string
  serverVersion?: string
  entries: readonly Partial<TocEntry>[]
  /** The blocks, already written with `block` and `largeObjects`. */
  blocks?: readonly Uint8Array[]
}

/** Writes pg_dump's custom format of any version from 1.12 on, so that versions without a tool at hand can be tested. */
export function writeArchive(parts: ArchiveParts): Buffer {
  const minor = parts.minor ?? 16
  const head = [
    Buffer.from('PGDMP'),
    Buffer.from([parts.major ?? 1, minor, 0, 4, parts.offsetBytes ?? 8, 1]),
    minor >= 15 ? Buffer.from([parts.compression ?? 0]) : integer(parts.compression ?? 0),
    ...[0, 30, 12, 8, 3, 125, 0].map(integer),
    ...[parts.database ?? 'pc_db', parts.serverVersion ?? '15.18', parts.serverVersion ?? '15.18'].map(
      string,
    ),
  ]
  const entries = parts.entries.map((entry, index) =>
    writeEntry({ dumpId: index + 1, ...entry }, minor, parts.offsetBytes ?? 8),
  )
  return Buffer.concat([...head, integer(entries.length), ...entries, ...(parts.blocks ?? [])])
}

/** One entry's data; `pieces` as pg_dump would have written them. */
export function block(dumpId: number, pieces: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat([Buffer.from([1]), integer(dumpId), ...pieces.map(piece), integer(0)])
}

/** The data of an entry BLOBS: large objects by oid. */
export function largeObjects(
  dumpId: number,
  objects: Readonly<Record<number, readonly (string | Uint8Array)[]>>,
): Buffer {
  const written = Object.entries(objects).map(([oid, pieces]) =>
    Buffer.concat([integer(Number(oid)), ...pieces.map(piece), integer(0)]),
  )
  return Buffer.concat([Buffer.from([3]), integer(dumpId), ...written, integer(0)])
}

/** An entry TABLE DATA with COPY. */
export function tableData(name: string, more: Partial<TocEntry> = {}): Partial<TocEntry> {
  return {
    desc: 'TABLE DATA',
    tag: name,
    namespace: 'public',
    copyStmt: `COPY public.${name} FROM stdin;\n`,
    section: 'data',
    hasData: true,
    ...more,
  }
}

function writeEntry(entry: Partial<TocEntry>, minor: number, offsetBytes: 4 | 8): Buffer {
  return Buffer.concat([
    integer(entry.dumpId ?? 1),
    integer(entry.hasData ? 1 : 0),
    ...[entry.tableOid ?? 0, entry.oid ?? 0].map(oid => string(String(oid))),
    string(entry.tag ?? ''),
    string(entry.desc ?? 'TABLE'),
    integer(['none', 'pre-data', 'data', 'post-data'].indexOf(entry.section ?? 'pre-data') + 1),
    ...[entry.defn ?? '', entry.dropStmt ?? '', entry.copyStmt ?? '', entry.namespace, entry.tablespace].map(
      string,
    ),
    ...(minor >= 14 ? [string(entry.tableam)] : []),
    ...(minor >= 16 ? [integer(entry.relkind?.charCodeAt(0) ?? 0)] : []),
    string(entry.owner ?? 'postgres'),
    string('false'),
    ...(entry.dependencies ?? []).map(id => string(String(id))),
    string(undefined),
    Buffer.from([entry.hasData ? (entry.dataOffset === undefined ? 1 : 2) : 3]),
    offset(entry.dataOffset ?? 0, offsetBytes),
  ])
}

function piece(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes as Uint8Array)
  return Buffer.concat([integer(content.length), content])
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = value < 0 ? 1 : 0
  bytes.writeUInt32LE(Math.abs(value), 1)
  return bytes
}

function string(text: string | undefined): Buffer {
  if (text === undefined) return integer(-1)
  const bytes = Buffer.from(text)
  return Buffer.concat([integer(bytes.length), bytes])
}

function offset(value: number, size: 4 | 8): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes.subarray(0, size)
}
