import type { Command } from './environment.ts'

/**
 * Runs a command whose input comes as lines of base64 up to a line of a dot, because nothing else tells it the end. It comes in blocks, so nobody
 * can talk with the command. What feeds it goes on until that line: when the command ends before, all of the group are told to end, so the
 * group has to be the parent's own. The shell that they are children of goes last, as nobody may be left without a parent.
 */
const feeding = String.raw`
around=$1 woken=
shift
trap 'woken=1; kill -TERM $! 2>/dev/null' TERM
exec 3<&0 4>&2 2>/dev/null
[ "$woken" ] && exit 143
for tool in sed base64; do
  command -v "$tool" >/dev/null || { echo "$tool is needed to end the input of a command here" >&4; exit 125; }
done
read -r _ _ _ parent group _ <"/proc/$$/stat"
[ "$parent" = "$group" ] || { echo 'a command here is in a group with others' >&4; exit 125; }
sed -n '/^\.$/q;p' <&3 4>&- | base64 -d 3<&- 4>&- | sh -c "$around" sh "$@" 2>&4 3<&- 4>&- &
exec 3<&- 4>&- </dev/null >/dev/null
while woken=; wait $!; status=$?; [ "$woken" ]; do :; done
exit "$status"
`

/** Around the command itself: some shells wait for all of a pipeline, so its end has to be seen by one that is not in it. */
const around = String.raw`
woken=
trap 'woken=1; kill -TERM $! 2>/dev/null' TERM
exec 3<&0 4>&2 2>/dev/null
[ "$woken" ] && exit 143
"$@" <&3 2>&4 3<&- 4>&- &
exec 3<&- 4>&- </dev/null >/dev/null
while woken=; wait $!; status=$?; [ "$woken" ]; do :; done
trap '' TERM
kill -TERM 0
exit "$status"
`

/** The argv of a command that is fed so. Needs `sed` and `base64`. */
export const fed = (argv: Command['argv']): Command['argv'] => ['sh', '-c', feeding, 'sh', around, ...argv]
