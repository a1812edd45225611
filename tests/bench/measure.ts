import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { run } from '../testbed/command.ts'
import { watchPeak } from './peak.ts'

/** A command to be timed as a whole process, with what it starts. */
export interface Way {
  name: string
  argv: readonly [string, ...string[]]
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Done before every time, and not timed. */
  prepare?: () => Promise<unknown>
  /** The file or folder that holds what it stored. */
  stored?: string
  /** There was something before, and only what it adds counts. */
  adds?: true
  /** It measures a part of itself, and says that last: `Told` as JSON. */
  tells?: true
}

/** What one run of a command took. */
export interface Measurement {
  seconds: number
  /** Of the process and all that it waited for on this machine; what an engine or a server does is not in it. */
  cpuSeconds: number
  /** The most that any single process of the command had resident. */
  peakBytes: number
  storedBytes: number | undefined
  /** The lines of its stderr. */
  said: readonly Said[]
}

/** What a command says that measures a part of itself. */
export type Told = Pick<Measurement, 'seconds' | 'peakBytes'>

/** A line, and how long after its command's start it came. */
export interface Said {
  seconds: number
  text: string
}

/** Runs a command once, and throws when it fails: a fast failure is no measurement. Not to be used twice at a time. */
export async function measure(way: Way): Promise<Measurement> {
  await way.prepare?.()
  // Else it would wait for what the one before it left to be written.
  await run(['sync'])
  const before = (way.adds && (await storedBy(way))) ?? 0
  const cpuBefore = childrenCpuSeconds()
  const start = performance.now()
  const { peakBytes, said } = await runWatched(way, start)
  const seconds = (performance.now() - start) / 1000
  const cpuSeconds = childrenCpuSeconds() - cpuBefore
  const after = await storedBy(way)
  const storedBytes = after === undefined ? undefined : after - before
  const told = way.tells && (JSON.parse(said.at(-1)?.text ?? '') as Told)
  return { seconds, cpuSeconds, peakBytes, storedBytes, said, ...told }
}

/** Every way so many times, in turns, so that a machine that slows down does so for all of them. */
export async function contest(
  ways: readonly Way[],
  rounds: number,
  told: (way: Way, measurement: Measurement) => void = () => {},
): Promise<Map<string, Measurement[]>> {
  const results = new Map<string, Measurement[]>(ways.map(way => [way.name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      const measurement = await measure(way)
      results.get(way.name)?.push(measurement)
      told(way, measurement)
    }
  }
  return results
}

async function runWatched(
  { name, argv, env, cwd }: Way,
  start: number,
): Promise<Pick<Measurement, 'peakBytes' | 'said'>> {
  const [command, ...rest] = argv
  const stdio = ['ignore', 'ignore', 'pipe'] as const
  const child = spawn(command, rest, { stdio: [...stdio], ...(env && { env }), ...(cwd && { cwd }) })
  const peak = watchPeak(child.pid)
  const said: Said[] = []
  createInterface(child.stderr).on('line', text => {
    said.push({ seconds: (performance.now() - start) / 1000, text })
  })
  try {
    await endOf(child)
  } catch (error) {
    const last = said.slice(-12).map(({ text }) => text)
    throw new Error(`${name} ${(error as Error).message}: ${last.join('\n')}`)
  } finally {
    peak.stop()
  }
  return { peakBytes: peak.bytes(), said }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', error => reject(new Error(`did not start: ${error.message}`)))
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`ended with ${code ?? signal}`)),
    )
  })
}

/** Node tells only its own; of children that were waited for the kernel keeps the sum, in hundredths of a second. */
function childrenCpuSeconds(): number {
  const afterName = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(afterName[13]) + Number(afterName[14])) / 100
}

async function storedBy({ stored }: Way): Promise<number | undefined> {
  return stored === undefined ? undefined : sizeOf(stored)
}

/** Bytes of a file, or of all files below a folder. */
export async function sizeOf(path: string): Promise<number> {
  const entry = await lstat(path)
  if (!entry.isDirectory()) return entry.size
  const names = await readdir(path)
  const sizes = await Promise.all(names.map(name => sizeOf(join(path, name))))
  return sizes.reduce((sum, size) => sum + size, 0)
}
