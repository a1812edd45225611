/** The last bytes of a command's stderr; what came before them is dropped, so that no command can fill the memory. */
export interface StderrTail {
  add(piece: Uint8Array): void
  /** As text, from the beginning of a line where something was dropped. */
  text(): string
}

/** An empty tail that keeps `limitBytes`. */
export function openStderrTail(limitBytes = 4096): StderrTail {
  let kept = Buffer.alloc(0)
  let dropped = false
  return {
    add(piece) {
      const all = Buffer.concat([kept, piece])
      dropped ||= all.length > limitBytes
      // A copy: a view would keep the whole of what it was cut from.
      kept = Buffer.from(all.subarray(Math.max(0, all.length - limitBytes)))
    },
    text() {
      const start = dropped ? kept.indexOf(10) + 1 : 0
      return kept.subarray(start).toString().trim()
    },
  }
}
