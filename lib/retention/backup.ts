/** What retention has to know of a backup. */
export interface RetentionBackup {
  /** The source's id. */
  source: string
  /** Unique within its source. */
  id: string
  /** The key of its scope: rules count each scope of a source by itself. */
  scope: string
  kind: 'regular' | 'safety'
  type: 'full' | 'incremental'
  /** The id of the chain's full. */
  chain: string
  /** The id of what an incremental builds on. */
  parent?: string
  /** ISO 8601 UTC. */
  started: string
  /** Absent where they could not be counted. */
  rows?: number
  /** Of the raw stream, whatever its type. */
  bytes: number
  /** It was restored and compared. */
  proven: boolean
  /** Its last verification failed. */
  failed: boolean
  /** A user wants it kept for ever. */
  pinned: boolean
  /** A user knows that what fell after it was meant to. */
  accepted: boolean
}

/** Sorts by the sources' ids. */
export const bySource = (a: RetentionBackup, b: RetentionBackup): number =>
  a.source < b.source ? -1 : a.source > b.source ? 1 : 0

/** The regular backups of each source and scope, in the order in which they are given. */
export function seriesOf(backups: readonly RetentionBackup[]): RetentionBackup[][] {
  const regular = backups.filter(({ kind }) => kind === 'regular')
  return [...Map.groupBy(regular, ({ source, scope }) => JSON.stringify([source, scope])).values()]
}
