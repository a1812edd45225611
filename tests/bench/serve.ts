import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Goal } from './goal.ts'
import type { Way } from './measure.ts'
import type { Part } from './part.ts'
import { writeRepository } from './repository.ts'
import type { jobs } from './serve-process.ts'
import type { Stage } from './stage.ts'

/** A server under load, with a thousand backups, while it makes one more after the other. */
export async function servePart(
  { engine, server, folder }: Stage,
  database: string,
  seconds: number,
): Promise<Part> {
  const repository = join(folder, 'serve')
  await writeRepository(repository, 1000)
  const job = (name: keyof typeof jobs, title: string): Way => ({
    name: title,
    argv: [process.execPath, script, name, repository, server.name, database, `${seconds}`],
    env: { ...process.env, DOCKER_HOST: `unix://${engine.socketPath}` },
    cwd: folder,
    tells: true,
  })
  const reads = job('reads', '500 list and status a second: 99 of 100 (memory: added in the last two thirds)')
  const health = job('health', '/healthz meanwhile: 99 of 100')
  const time = ({ name }: Way, atMost: number): Goal => ({ way: name, of: 'time', atMost })
  return {
    title: 'A server under load',
    ways: [reads, health],
    rounds: 1,
    goals: [time(reads, 0.05), { way: reads.name, of: 'memory', atMost: 32e6 }, time(health, 0.005)],
  }
}

const script = fileURLToPath(new URL('serve-process.ts', import.meta.url))
