import type { Cursor } from '../intake.ts'
import { corrupt, readByte, readInteger, readOffset, readString, skipString } from './archive-cursor.ts'
import type { ArchiveHead } from './archive-head.ts'

/** Which part of a restore an entry belongs to. */
export type Section = 'none' | 'pre-data' | 'data' | 'post-data'

/** One object of a dump, as its table of contents has it. Texts that are absent are empty. */
export interface TocEntry {
  /** Unique in its archive, and different in the next. */
  dumpId: number
  /** Oids of the object and of its catalog; 0 where there is none. */
  oid: number
  tableOid: number
  tag: string
  /** `TABLE`, `TABLE DATA`, `ACL`, … */
  desc: string
  section: Section
  /** SQL that makes it, and SQL that drops it. */
  defn: string
  dropStmt: string
  /** `COPY public.t (a, b) FROM stdin;` with a newline; undefined for data that are INSERTs. */
  copyStmt: string | undefined
  namespace: string | undefined
  tablespace: string | undefined
  tableam: string | undefined
  /** From 1.16 on, as pg_class has it: `r`, `p`, `m`, … */
  relkind: string | undefined
  owner: string
  dependencies: readonly number[]
  /** Whether a block of data belongs to it. */
  hasData: boolean
  /** Where that block begins, if the archive was written to a file that pg_dump could go back in. */
  dataOffset: number | undefined
}

const sections: Readonly<Record<number, Section>> = { 1: 'none', 2: 'pre-data', 3: 'data', 4: 'post-data' }

/** How many entries follow. */
export function readTocCount(cursor: Cursor): number {
  const at = cursor.offset + cursor.at
  const count = readInteger(cursor)
  if (count < 0) throw corrupt(at, `${count} entries`)
  return count
}

/** Reads one entry, as `ReadToc` of PostgreSQL's pg_backup_archiver.c does. Without `texts` its SQL and dependencies stay empty. */
export function readTocEntry(cursor: Cursor, head: ArchiveHead, texts: boolean): TocEntry {
  const start = cursor.offset + cursor.at
  const dumpId = readInteger(cursor)
  if (dumpId <= 0) throw corrupt(start, `an entry with the id ${dumpId}`)
  const hadDumper = readFlag(cursor)
  const entry = {
    dumpId,
    tableOid: readOid(cursor),
    oid: readOid(cursor),
    tag: readString(cursor) ?? '',
    desc: readString(cursor) ?? '',
    section: readSection(cursor),
    defn: readText(cursor, texts),
    dropStmt: readText(cursor, texts),
    copyStmt: readString(cursor) || undefined,
    namespace: readString(cursor) || undefined,
    tablespace: readString(cursor) || undefined,
    tableam: (head.minor >= 14 && readString(cursor)) || undefined,
    relkind: (head.minor >= 16 && readRelkind(cursor)) || undefined,
    owner: readString(cursor) ?? '',
  }
  skipString(cursor) // "true" or "false": tables WITH OIDS, which PostgreSQL 12 gave up
  return { ...entry, dependencies: readDependencies(cursor, texts), ...readData(cursor, head, hadDumper) }
}

function readText(cursor: Cursor, keep: boolean): string {
  if (keep) return readString(cursor) ?? ''
  skipString(cursor)
  return ''
}

function readFlag(cursor: Cursor): boolean {
  const at = cursor.offset + cursor.at
  const flag = readInteger(cursor)
  if (flag !== 0 && flag !== 1) throw corrupt(at, `an entry's flag is ${flag}`)
  return flag === 1
}

function readOid(cursor: Cursor): number {
  return readNumber(cursor) ?? 0
}

function readSection(cursor: Cursor): Section {
  const at = cursor.offset + cursor.at
  const number = readInteger(cursor)
  const section = sections[number]
  if (section === undefined) throw corrupt(at, `an unknown section ${number}`)
  return section
}

function readRelkind(cursor: Cursor): string | undefined {
  const at = cursor.offset + cursor.at
  const code = readInteger(cursor)
  if (code < 0 || code > 127) throw corrupt(at, `an unknown kind of relation ${code}`)
  return code === 0 ? undefined : String.fromCharCode(code)
}

/** Numbers as decimal texts, ended by the text that is null. */
function readDependencies(cursor: Cursor, keep: boolean): readonly number[] {
  const dependencies: number[] = []
  for (let id = readNumber(cursor); id !== undefined; id = readNumber(cursor)) if (keep) dependencies.push(id)
  return dependencies
}

function readNumber(cursor: Cursor): number | undefined {
  const at = cursor.offset + cursor.at
  const text = readString(cursor)
  if (text !== undefined && !/^\d{1,10}$/.test(text))
    throw corrupt(at, 'a text is no number where an id is expected')
  return text === undefined ? undefined : Number(text)
}

/** 1: somewhere behind, 2: at this offset, 3: none. The flag for a dumper and this one always agree in what pg_dump writes. */
function readData(
  cursor: Cursor,
  head: ArchiveHead,
  hadDumper: boolean,
): Pick<TocEntry, 'hasData' | 'dataOffset'> {
  const at = cursor.offset + cursor.at
  const state = readByte(cursor)
  const offset = readOffset(cursor, head.offsetBytes)
  if (state < 1 || state > 3) throw corrupt(at, `an unknown state ${state} of an entry's data`)
  if (hadDumper !== (state !== 3))
    throw corrupt(at, 'an entry says both that it has data and that it has none')
  return { hasData: state !== 3, dataOffset: state === 2 ? offset : undefined }
}
