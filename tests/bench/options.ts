import { parseArgs } from 'node:util'

/** What has goals, and is measured when nothing else is asked for. */
const usual = [
  'create',
  'restore',
  'memory',
  'start',
  'incremental',
  'verify',
  'index',
  'volume',
  'serve',
] as const

/** What can be measured by itself. */
export const partNames = [...usual, 'daily'] as const

export type PartName = (typeof partNames)[number]

/** What was asked for on the command line. */
export interface Options {
  gigabytes: number
  rounds: number
  only: ReadonlySet<PartName>
  /** Memory also with a database of 5 GB. */
  large: boolean
  /** How long a server is kept under load. */
  loadSeconds: number
  help: boolean
}

/** The answer to `--help`. */
export const usage = `npm run bench -- [--gigabytes 1] [--rounds 5] [--only ${usual.join(',')}] [--large] [--load-seconds 20]

create, restore  Respaldo against stock tools, in turns, on one generated database
memory           the most that its process had resident; with --large also at 5 GB
start            --help and list, as whole processes
incremental      a chain beside restic's repository: what each kind of change adds; restores of its full and its fifth incremental
verify           verify --level checked beside zstd and sha256sum
index            a chain of a million chunks and a plan for 10,000 backups, without a database
volume           backups of a volume of twice the gigabytes beside gzip and restic, then with 1 % of its files changed
serve            list and status 500 times a second on 1,000 backups while others are made; --load-seconds 600 to see that memory stays flat
daily            30 days of a database that grows, beside restic and gzip; has no goal, and is measured only when it is named

Ends with 1 when a goal is missed. Needs Linux, bash, zstd, and a Docker engine or root on Debian or Ubuntu.
`

/** Reads the command line; throws an error that says what is wrong with it. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      gigabytes: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: usual.join(',') },
      large: { type: 'boolean', default: false },
      'load-seconds': { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    gigabytes: between('gigabytes', values.gigabytes, 0.001, 100),
    rounds: Math.round(between('rounds', values.rounds, 1, 1000)),
    only: new Set(values.only.split(',').map(partName)),
    large: values.large,
    loadSeconds: between('load-seconds', values['load-seconds'], 3, 86_400),
    help: values.help,
  }
}

function between(name: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (value >= low && value <= high) return value
  throw new RangeError(`--${name} is a number from ${low} to ${high}, not ${text}`)
}

function partName(text: string): PartName {
  const found = partNames.find(name => name === text)
  if (found) return found
  throw new RangeError(`--only takes ${partNames.join(', ')}, not ${text}`)
}
