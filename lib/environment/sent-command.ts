import { attendance } from './attended-command.ts'
import type { Command } from './environment.ts'

/**
 * Reads a script from its input up to a line that is its own name, and runs it; what comes behind that line is the script's input. For an
 * input that ends before, 125: nothing of it was run.
 */
const boot = String.raw`
text=
while IFS= read -r line; do
  if [ "$line" = "$0" ]; then
    eval "$text"
    exit
  fi
  text="$text$line
"
done
exit 125
`

/** The argv under which a command is started that is sent afterwards, by `sentText`. Tells nothing of the command. */
export const sentArgv = (marker: string): string[] => ['sh', '-c', boot, marker]

/**
 * What is sent to it as its first input: variables, the command, and the shell that attends to it (see `attended`). So neither secrets nor
 * arguments stand in an address, where the API's audit log and proxies would see them.
 */
export function sentText(marker: string, { argv, env = {}, stdin }: Command): string {
  return [
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    ...(stdin ? [] : ['exec </dev/null']),
    `set -- ${[marker, ...argv].map(quoted).join(' ')}`,
    attendance,
    marker,
    '',
  ].join('\n')
}

/** One word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
