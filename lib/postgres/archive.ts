import { RespaldoError } from '../errors.ts'
import type { Walker } from '../walker.ts'
import { type BlockWalker, blockWalker, type DataTap } from './archive-blocks.ts'
import { type ContentsReader, readContents } from './archive-contents.ts'
import { corrupt } from './archive-cursor.ts'
import { expectedData } from './archive-expected.ts'
import type { ArchiveCompression, ArchiveHead } from './archive-head.ts'
import type { TocEntry } from './archive-toc.ts'
import type { DumpFormat, TableCount } from './database.ts'

export type { ArchiveCompression, ArchiveHead } from './archive-head.ts'
export type { Section, TocEntry } from './archive-toc.ts'

/** What a dump held, told after its last byte. */
export interface WalkResult {
  format: DumpFormat
  /**
   * True: every part of it was seen to its end. False: nobody could judge, because the archive is of a version newer than this code,
   * or the SQL was not written by pg_dump and so has no mark at its end. A dump that was cut is never a result but an error.
   */
  complete: boolean
  /** Of the archive's format, as `1.16`; `plain` for SQL. */
  version: string
  /** As the dump tells them: `15.18 (Debian 15.18-0+deb12u1)`. */
  serverVersion: string | undefined
  dumpVersion: string | undefined
  database: string | undefined
  /** Of the data within. Anything but `none` leaves rows uncounted. */
  compression: ArchiveCompression
  /** In the archive's order; empty for SQL and where only counts were asked for. */
  entries: readonly TocEntry[]
  /** Tables with data of their own, in the dump's order; a partitioned table's rows are in its partitions. */
  tables: readonly TableCount[]
  /** How many, and their bytes, which for SQL are not known. */
  largeObjects: { count: number; bytes: number | undefined }
}

/** Who wants an archive's own content, entries before data, while it is walked. What it throws ends the walk. */
export interface ArchiveTap extends DataTap {
  /** With its SQL. */
  entry(entry: TocEntry): void
}

/**
 * Walks pg_dump's custom format. Whole means: the header and every entry of the table of contents were read, each entry that has data had
 * exactly one block of it, that block was closed, and nothing follows. With `counts` the entries are not kept, and memory does not grow
 * with their SQL. Rows are counted in uncompressed COPY text; they are undefined for INSERTs, compressed data and unknown versions.
 */
export function archiveWalker(
  options: { keep?: 'counts' | 'entries'; tap?: ArchiveTap } = {},
): Walker<WalkResult> {
  const { tap } = options
  const keepEntries = options.keep === 'entries'
  const entries: TocEntry[] = []
  const expected = expectedData()
  let blocks: BlockWalker | undefined
  let judged = true
  const contents = readContents({
    texts: keepEntries || tap !== undefined,
    entry(entry) {
      tap?.entry(entry)
      if (keepEntries) entries.push(entry)
      expected.add(entry)
    },
  })

  function advance(piece: Uint8Array): void {
    const rest = blocks ? { bytes: piece, offset: 0 } : contents.write(piece)
    if (!rest) return
    blocks ??= blockWalker(rest.offset, expected.listener(countable(contents.head)), tap)
    blocks.write(rest.bytes)
  }

  function checkEnd(): void {
    if (!blocks) throw contents.ended()
    if (!blocks.atRest()) throw corrupt(blocks.offset(), `it ends within the data of ${expected.current()}`)
    expected.checkAllSeen(blocks.offset())
  }

  /** What a newer version wrote may be whole although it cannot be read: then the judgement fails, not the dump. */
  function judge(step: () => void): void {
    if (!judged) return
    try {
      step()
    } catch (error) {
      if (contents.version?.known !== false || !(error instanceof RespaldoError)) throw error
      judged = false
    }
  }

  return {
    write: piece => judge(() => advance(piece)),
    end() {
      judge(checkEnd)
      const tables = judged ? expected.tables() : []
      return {
        ...facts(contents),
        complete: judged,
        entries: judged ? entries : [],
        tables,
        largeObjects: expected.largeObjects(),
      }
    },
  }
}

/** Header and table of contents of an archive. */
export interface TocHead extends ArchiveHead {
  entries: readonly TocEntry[]
}

/**
 * Reads an archive's beginning up to the end of its table of contents, and then leaves the stream. Throws data-corrupt when that is damaged
 * or cut, version-mismatch when a newer version cannot be read.
 */
export async function readToc(bytes: AsyncIterable<Uint8Array>): Promise<TocHead> {
  const entries: TocEntry[] = []
  const contents = readContents({ texts: true, entry: entry => entries.push(entry) })
  try {
    for await (const piece of bytes) if (contents.write(piece)) return { ...contents.head!, entries }
  } catch (error) {
    throw error instanceof RespaldoError && contents.version?.known === false
      ? tooNew(contents, error)
      : error
  }
  throw contents.version?.known === false ? tooNew(contents) : contents.ended()
}

function countable(head: ArchiveHead | undefined): boolean {
  return head?.known === true && head.compression === 'none'
}

function facts({ version, head }: ContentsReader) {
  return {
    format: 'custom' as const,
    version: version ? `${version.major}.${version.minor}` : '',
    serverVersion: head?.serverVersion,
    dumpVersion: head?.dumpVersion,
    database: head?.database,
    compression: head?.compression ?? 'none',
  }
}

function tooNew({ version }: ContentsReader, cause?: unknown): RespaldoError {
  return new RespaldoError(
    'version-mismatch',
    `The archive has version ${version?.major}.${version?.minor}, which cannot be read`,
    {
      hint: 'Update Respaldo.',
      cause,
    },
  )
}
