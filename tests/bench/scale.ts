import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Goal } from './goal.ts'
import type { Way } from './measure.ts'
import { writeMillion } from './million.ts'
import type { Part } from './part.ts'
import type { jobs } from './scale-process.ts'

/** What grows with a repository's size, each in a process of its own that measures only that. */
export async function scalePart(folder: string, rounds: number): Promise<Part> {
  const repository = join(folder, 'million')
  await writeMillion(repository)
  const way = (job: keyof typeof jobs, name: string): Way => ({
    name,
    argv: [process.execPath, script, job, repository],
    tells: true,
  })
  const load = way('load', 'to load the index of a million chunks (memory: added)')
  const full = way('full', 'a full of a million chunks')
  const incremental = way('incremental', 'an incremental on a million chunks')
  const plan = way('plan', 'a plan for 10,000 backups')
  const memory = ({ name }: Way): Goal => ({ way: name, of: 'memory', atMost: 250e6 })
  return {
    title: 'What grows with the repository',
    ways: [load, full, incremental, plan],
    rounds,
    goals: [
      { way: load.name, of: 'time', atMost: 1.5 },
      { way: load.name, of: 'memory', atMost: 100e6 },
      memory(full),
      memory(incremental),
      { way: plan.name, of: 'time', atMost: 0.1 },
    ],
  }
}

const script = fileURLToPath(new URL('scale-process.ts', import.meta.url))
