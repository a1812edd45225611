/** One object as it lies in the store. */
export interface StoredObject {
  key: string
  /** Bytes. */
  size: number
}

/** Half-open: `start` is the first byte, `end` the one after the last. */
export interface ByteRange {
  start: number
  end: number
}

/** How an object is written. */
export interface PutOptions {
  /** Default true. With false, `put` is atomic and fails with `StoreConflict` when the key exists. */
  overwrite?: boolean
  signal?: AbortSignal | undefined
}

/**
 * Keys to immutable objects.
 *
 * A key is a relative path of segments joined by `/`; no segment is empty, `.` or `..`.
 * - An object is visible whole or not at all, and readable (and durable, where the medium can promise it) as soon as `put` resolves.
 *   A `put` whose content throws leaves nothing behind and rejects with what the content threw.
 * - The pieces that `get` yields are their reader's own: nobody else reads them, so that their memory may be given back.
 * - `get` of a missing key throws `MissingObject`; of a range past the end, `data-corrupt`. A stream that ends cleanly is whole.
 * - `list` yields keys in ascending byte order. With `shallow`, only the next level: keys, and common prefixes that end in `/`.
 * - `delete` ignores keys that do not exist.
 * - Failures are RespaldoErrors: `store-unavailable`, `store-denied`, `space-insufficient`, `data-corrupt`.
 */
export interface Store {
  /** For messages: `filesystem /srv/backups`. */
  readonly name: string
  put(key: string, content: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredObject>
  get(
    key: string,
    options?: { range?: ByteRange; signal?: AbortSignal | undefined },
  ): AsyncIterable<Uint8Array>
  stat(key: string): Promise<StoredObject | undefined>
  list(prefix: string, options?: { shallow?: boolean }): AsyncIterable<string>
  delete(keys: readonly string[]): Promise<void>
  /**
   * Removes what puts left below `folder` (a prefix that ends in `/`) whose processes died, and returns how many there were; no object
   * is touched. Only for who knows that nobody writes there: a `put` that goes on would fail.
   */
  sweep(folder: string): Promise<number>
  /** Bytes that may still be written, or undefined where the medium cannot tell. */
  freeBytes(): Promise<number | undefined>
}

/** The key of a `put` without overwrite exists already. Not a failure for a user: who asked decides. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
  readonly key: string
  constructor(key: string) {
    super(`${key} exists already`)
    this.key = key
  }
}

/** The key of a `get` does not exist. Not a failure for a user: who asked decides. */
export class MissingObject extends Error {
  override readonly name = 'MissingObject'
  readonly key: string
  constructor(key: string) {
    super(`${key} does not exist`)
    this.key = key
  }
}
