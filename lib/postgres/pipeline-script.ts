/** Defines `make_fifo`, which leaves an empty FIFO at `$folder/pipe`, readable by nobody else, or fails without a word. */
const makeFifo = `
make_fifo() {
  for place in "$TMPDIR" /tmp /dev/shm /var/tmp; do
    folder=$(mktemp -d "$place/respaldo.XXXXXX" 2>/dev/null) || continue
    mkfifo -m 600 "$folder/pipe" 2>/dev/null && return 0
    rm -rf "$folder"
  done
  return 1
}`

/** Prints which of its arguments are programs, `buffers` where stdbuf works, and `pipes` where a FIFO can be made and opened from both sides. */
export const probeScript = `
trap 'exit 143' TERM
${makeFifo}
for tool; do command -v "$tool" >/dev/null 2>&1 && echo "$tool"; done
stdbuf -o 64K true 2>/dev/null && echo buffers
if make_fifo; then
  cat 3<>"$folder/pipe" 4<"$folder/pipe" 5>"$folder/pipe" </dev/null && echo pipes
  rm -rf "$folder"
fi 2>/dev/null
exit 0
`

/**
 * Runs two programs as `producer | consumer`; both are given as references to positional parameters (`"$1" "$2"`).
 *
 * - `end` signals only what is a child still: a process id that was waited for may be somebody else's by now.
 * - `wait` returns early when a trapped signal comes, hence the loop in `reap`. A signal between a fork and the note of its process id
 *   is why the trap names `$!` too. One that reaches a child before that has put its handlers back is lost: whoever wants the end of a
 *   pipeline repeats the signal until it has ended.
 * - `insist` repeats it itself, because a consumer can fail before the producer is a program of its own.
 * - The consumer is waited for first, because it notices the producer's end by itself, but not the other way round.
 * - From the start on the shell is silent: bash would tell of processes that ended by a signal, in place of what those said last.
 * - Background commands would have /dev/null as their input if they were not given the shell's own.
 */
export function pipelineScript(producer: string, consumer: string): string {
  return `
end() {
  for child; do
    read -r _ _ _ parent _ 2>/dev/null <"/proc/$child/stat" && [ "$parent" = $$ ] && kill -TERM "$child" 2>/dev/null
  done
}
insist() {
  while read -r _ _ state parent _ 2>/dev/null <"/proc/$1/stat" && [ "$parent" = $$ ] && [ "$state" != Z ]; do
    kill -TERM "$1" 2>/dev/null
    sleep 0.05 || sleep 1
  done
}
reap() {
  while woken=; wait "$1"; status=$?; [ "$woken" ]; do :; done
}
stopped= first= second=
trap 'stopped=1; woken=1; end $first $second $!' TERM
${makeFifo}
make_fifo || { echo "no FIFO can be made here (mktemp, mkfifo, a folder to write to)" >&2; exit 125; }
exec 3<>"$folder/pipe" 4<"$folder/pipe" 5>"$folder/pipe" 6<&0
exec 3>&- 7>&2 2>/dev/null
rm -rf "$folder"
[ "$stopped" ] && exit 143
${producer} <&6 >&5 2>&7 4<&- 5>&- 6<&- 7>&- &
first=$!
${consumer} <&4 2>&7 4<&- 5>&- 6<&- 7>&- &
second=$!
exec </dev/null >/dev/null 4<&- 5>&- 6<&- 7>&-
reap "$second"
consumed=$status
[ "$consumed" = 0 ] || insist "$first"
reap "$first"
[ "$stopped" ] && exit 143
case $status in
  0) exit "$consumed" ;;
  141 | 143) [ "$consumed" = 0 ] || exit "$consumed" ;;
esac
exit "$status"
`
}
