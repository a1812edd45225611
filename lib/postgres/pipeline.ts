import { pipelineScript, probeScript } from './pipeline-script.ts'

/** A program and its arguments, which reach it verbatim. */
export type Argv = readonly [string, ...string[]]

const programs = ['zstd', 'gzip', 'psql', 'pg_dump', 'pg_dumpall', 'pg_restore'] as const

const abilities = ['pipes', 'buffers'] as const

/**
 * What there is beside a source. `pipes` says that `pipeOut` and `pipeIn` work there: FIFOs can be made; `buffers` that `buffered` does.
 */
export type Tools = Readonly<Record<(typeof programs)[number] | (typeof abilities)[number], boolean>>

/** A dump made small beside the database: stdout has what the compressor makes of the producer's output. */
export function pipeOut(producer: Argv, compressor: Argv): Argv {
  return pipeline(producer, compressor)
}

/** A dump unpacked beside the database: the decompressor reads stdin, the consumer what it makes of it. */
export function pipeIn(decompressor: Argv, consumer: Argv): Argv {
  return pipeline(decompressor, consumer)
}

/**
 * The command with large buffers of standard input and output: a PostgreSQL client moves 4 KiB at a time through a pipe, which costs a dump of
 * a gigabyte a second of processor time. stdbuf becomes the command, so no further process comes between.
 */
export function buffered(command: Argv): Argv {
  return [...buffering, ...command]
}

const buffering = ['stdbuf', '-i', '256K', '-o', '256K'] as const

/** Asks in one go which tools there are and whether FIFOs can be made. It ends with 0; `parseProbe` reads its output. */
export function probe(): Argv {
  return ['sh', '-c', probeScript, 'probe', ...programs]
}

/** What `probe` printed; what it does not name is not there. */
export function parseProbe(output: string): Tools {
  const lines = new Set(output.split('\n'))
  const has = (name: keyof Tools) => [name, lines.has(name)] as const
  return Object.fromEntries([...programs, ...abilities].map(has)) as Tools
}

/**
 * `producer | consumer` as one command for any POSIX shell, with or without pipefail.
 *
 * - Both are direct children of the shell, which ends only after both did: nothing is left without its parent, whose death PostgreSQL,
 *   as process 1 of a container, would take for a crash of its own.
 * - It fails when either does. The status is the producer's, unless that one merely lost its reader: then the consumer's.
 * - When the consumer fails, the producer is ended too, also when it waits for something and would not notice.
 * - TERM to the shell, at any moment and as often as wanted, ends both and then the shell, with status 143.
 * - 125 says that no FIFO could be made.
 *
 * A FIFO and not the shell's own pipe, because so the shell knows both process ids and both exit statuses without pipefail and without
 * subshells. The shell opens both ends itself before anybody is started, so that nobody can wait for ever for the other side to open,
 * and the file is gone again before the first byte.
 */
function pipeline(producer: Argv, consumer: Argv): Argv {
  const both = [...producer, ...consumer]
  const references = both.map((_, index) => `"\${${index + 1}}"`)
  const script = pipelineScript(
    references.slice(0, producer.length).join(' '),
    references.slice(producer.length).join(' '),
  )
  return ['sh', '-c', script, `${nameOf(producer)} | ${nameOf(consumer)}`, ...both]
}

/** For messages: of what was asked for, not of what gives it its buffers. */
const nameOf = (command: Argv): string => command[command[0] === buffering[0] ? buffering.length : 0]!
