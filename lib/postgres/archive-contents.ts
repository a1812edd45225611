import { RespaldoError } from '../errors.ts'
import { openIntake } from '../intake.ts'
import { corrupt } from './archive-cursor.ts'
import { type ArchiveHead, type ArchiveVersion, readHead, readVersion } from './archive-head.ts'
import { readTocCount, readTocEntry, type TocEntry } from './archive-toc.ts'

/** Reads header and table of contents from pieces, and stops there. */
export interface ContentsReader {
  /** As soon as they are known; the version comes first because it says how much may be asked of the rest. */
  readonly version: ArchiveVersion | undefined
  readonly head: ArchiveHead | undefined
  /** What follows the table of contents in the pieces so far, once it was read whole. No more pieces are taken then. */
  write(piece: Uint8Array): { bytes: Uint8Array; offset: number } | undefined
  /** The error of a stream that ends here: always one, as the table of contents is not whole. */
  ended(): RespaldoError
}

/** Entries come in the archive's order; without `texts` without their SQL and dependencies. */
export function readContents(options: { texts: boolean; entry(entry: TocEntry): void }): ContentsReader {
  const intake = openIntake()
  let version: ArchiveVersion | undefined
  let head: ArchiveHead | undefined
  let expected: number | undefined
  let seen = 0
  let bytes = 0

  function readEntries(known: ArchiveHead, count: number): boolean {
    while (seen < count) {
      const entry = intake.take(cursor => readTocEntry(cursor, known, options.texts))
      if (!entry) return false
      seen += 1
      options.entry(entry)
    }
    return true
  }

  return {
    get version() {
      return version
    },
    get head() {
      return head
    },
    write(piece) {
      bytes += piece.length
      intake.add(piece)
      version ??= intake.take(readVersion)
      head ??= version && intake.take(cursor => readHead(cursor, version!))
      expected ??= head && intake.take(readTocCount)
      if (head === undefined || expected === undefined || !readEntries(head, expected)) return undefined
      return intake.rest()
    },
    ended() {
      if (bytes === 0)
        return new RespaldoError('data-corrupt', 'The archive is empty', {
          hint: 'The dump failed before it wrote anything.',
        })
      const where =
        expected === undefined ? 'its header' : `its table of contents, after ${seen} of ${expected} entries`
      return corrupt(bytes, `it ends within ${where}`)
    },
  }
}
