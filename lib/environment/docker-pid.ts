/** The command started by a shell that first says its process id, which `exec` keeps: an engine knows it by its own count only. */
export function announce(marker: string, argv: readonly string[]): string[] {
  return ['sh', '-c', 'echo "$1 $$" >&2; shift; exec "$@"', 'sh', marker, ...argv]
}

/** Reads that word off a command's stderr. Without a marker nothing is announced, and stderr is the command's from the start. */
export function openAnnouncement(marker: string | undefined) {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  let head = Buffer.alloc(0)
  let open = marker !== undefined
  if (!open) resolve(undefined)
  const close = () => {
    open = false
    resolve(undefined)
  }
  return {
    /** Undefined when the command ended before it came to it. */
    pid: promise,
    close,
    /** What of this piece of stderr is the command's own. */
    strip(piece: Uint8Array): Uint8Array {
      if (!open) return piece
      head = Buffer.concat([head, piece])
      const end = head.indexOf(10)
      if (end === -1 && head.length < 100) return Buffer.alloc(0)
      const [word, pid] = head.subarray(0, end).toString().split(' ')
      if (word === marker) resolve(Number(pid))
      close()
      return word === marker ? head.subarray(end + 1) : head
    },
  }
}
