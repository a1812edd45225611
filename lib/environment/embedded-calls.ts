/** What the main thread asks of the thread that holds PGlite, one at a time and in order. */
export type Call =
  /** Opens the folder, or makes a database there. Extensions that the database has are loaded besides those named. */
  | { kind: 'open'; folder: string; extensions: readonly string[] }
  | { kind: 'rows'; sql: string }
  | { kind: 'exec'; sql: string }
  | { kind: 'dump'; flags: readonly string[] }
  | { kind: 'close' }

/** Errors lose their own properties between threads, so they travel as values. */
export interface Failure {
  message: string
  /** SQLSTATE or the system's error code. */
  code?: string
  detail?: string
}

/** What the thread answers to one call. */
export type Reply = { value: unknown } | { failure: Failure }
