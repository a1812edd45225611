/**
 * Starts a command under a shell that attends to it: it first says its own process id on stderr, because an engine knows a command only
 * by its own count, and in the end the command's exit status on stdout, so that a stream that was cut can never look like a whole one.
 *
 * TERM to that process, as often as wanted, ends the command; it is the command's parent and goes after it, never before. `wait` returns
 * early when a trapped signal comes, hence the loop. What runs in the background would have /dev/null as its input if it were not given the
 * shell's own. The shell is silent, or bash would tell of a command that ended by a signal.
 */
export const attendance = String.raw`
respaldo=$1 woken=
shift
trap 'woken=1; kill -TERM $! 2>/dev/null' TERM
echo "$respaldo $$" >&2
exec 3<&0 4>&2 2>/dev/null
[ "$woken" ] && exit 143
"$@" <&3 2>&4 3<&- 4>&- &
exec 3<&- 4>&- </dev/null
while woken=; wait $!; status=$?; [ "$woken" ]; do :; done
trap '' TERM
printf '\036%s %s\n' "$respaldo" "$status"
exit "$status"
`

/** The argv that starts a command so; the marker is a word that nobody can guess, of letters and digits. */
export function attended(marker: string, argv: readonly string[]): string[] {
  return ['sh', '-c', attendance, 'sh', marker, ...argv]
}

const nothing = new Uint8Array()

/** Takes the process id off the beginning of stderr. */
export function openAnnouncement(marker: string) {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  let head = Buffer.alloc(0)
  let isOpen = true
  const close = () => {
    isOpen = false
    resolve(undefined)
  }
  return {
    /** Undefined when the stream ended before it came. */
    pid: promise,
    close,
    /** What of this piece is the command's own. */
    pass(piece: Uint8Array): Uint8Array {
      if (!isOpen) return piece
      head = Buffer.concat([head, piece])
      const end = head.indexOf(10)
      if (end === -1 && head.length < 100) return nothing
      const [word, pid] = head.subarray(0, end).toString().split(' ')
      if (word === marker) resolve(Number(pid))
      close()
      return word === marker ? head.subarray(end + 1) : head
    },
  }
}

/** Takes the exit status off the end of stdout. What cannot be the beginning of it passes at once and is not copied. */
export function openTrailer(marker: string) {
  const start = Buffer.from(`\x1e${marker} `)
  const longest = start.length + 4
  let held: Uint8Array = nothing
  return {
    /** What is certainly the command's own. */
    pass(piece: Uint8Array): Uint8Array {
      const all = held.length > 0 ? Buffer.concat([held, piece]) : piece
      const at = trailerStart(all, start, longest)
      held = at === -1 ? nothing : all.slice(at)
      return at === -1 ? all : all.subarray(0, at)
    },
    /** At the end of the stream: the exit status, or undefined when the stream was cut. */
    status(): number | undefined {
      const [, digits] = /^(\d{1,3})\n$/.exec(Buffer.from(held).subarray(start.length).toString()) ?? []
      return digits === undefined ? undefined : Number(digits)
    },
  }
}

/** Where the last bytes begin to look like a trailer, or -1. */
function trailerStart(bytes: Uint8Array, start: Buffer, longest: number): number {
  for (let at = Math.max(0, bytes.length - longest); at < bytes.length; at += 1) {
    if (bytes[at] !== start[0]) continue
    const common = Math.min(start.length, bytes.length - at)
    if (start.compare(bytes, at, at + common, 0, common) === 0) return at
  }
  return -1
}
