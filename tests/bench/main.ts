import { mkdtempDisposable } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bench, type Speech } from './bench.ts'
import type { Verdict } from './goal.ts'
import { type Options, parseOptions, usage } from './options.ts'

const speech: Speech = {
  result: text => void process.stdout.write(`${text}\n\n`),
  progress: text => void process.stderr.write(`${text}\n`),
}

/** Node's own end for a signal would leave the container and the engine; a second signal gets it. */
function interruption(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      speech.progress('Cleaning up …')
      reject(new Error(`Stopped by ${name}.`))
    })
  return promise
}

function machine(): string {
  const loads = loadavg().map(load => load.toFixed(1))
  return `${availableParallelism()} processors (${cpus()[0]?.model}), load ${loads.join(' ')}, Node ${process.version}`
}

/** Without the container whatever is under way fails soon; only then nothing writes to the folder any more. */
async function measured(options: Options): Promise<Verdict[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'respaldo-bench-'))
  const opened = new AsyncDisposableStack()
  const progress = (text: string) => {
    if (opened.disposed) throw new Error('It was interrupted.')
    speech.progress(text)
  }
  const running = bench(options, { folder: folder.path, opened }, { ...speech, progress })
  try {
    return await Promise.race([running, interruption()])
  } finally {
    await opened.disposeAsync()
    await running.catch(() => {}) // the race told it
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    speech.result(usage.trimEnd())
    return 0
  }
  speech.result(machine())
  const verdicts = await measured(options)
  const missed = verdicts.filter(({ reached }) => !reached).length
  speech.result(`${verdicts.length - missed} of ${verdicts.length} goals reached; ${machine()}`)
  return missed > 0 ? 1 : 0
}

const code = await main().catch((error: Error) => {
  speech.progress(error.message)
  return 2
})
// An exit, because what was interrupted may still hold connections.
process.exit(code)
