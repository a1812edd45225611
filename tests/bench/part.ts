import { join } from 'node:path'
import type { Goal } from './goal.ts'
import type { Way } from './measure.ts'
import { type OwnWays, respaldo } from './own.ts'
import { writeRepository } from './repository.ts'
import type { Rivals } from './rival.ts'
import type { Results } from './table.ts'

/** Ways that are measured in turns, and what is asked of them. */
export interface Part {
  title: string
  ways: readonly Way[]
  rounds: number
  goals: readonly Goal[]
  /** The way whose steps are told too. */
  shown?: string
  /** What is told of the measurements; else the medians. */
  table?: (results: Results) => string
}

/** Full backups. Respaldo's gates and its sync of the disk are in its time; the rivals have none. */
export function createPart({ create }: OwnWays, rivals: Rivals, rounds: number): Part {
  const { gzip, zstd, restic, limit } = rivals
  const than = (rival: Way, atMost: number, aim: number): Goal => ({
    way: create.name,
    of: 'time',
    rival: rival.name,
    atMost,
    aim,
  })
  return {
    title: 'A full backup',
    shown: create.name,
    ways: [create, gzip, zstd, restic, limit],
    rounds,
    goals: [than(gzip, 0.45, 0.3), than(zstd, 1.4, 1), than(restic, 0.75, 0.6)],
  }
}

/** Restores into an empty database. Respaldo's comparison of all rows and its ANALYZE are in its time. */
export function restorePart({ restore }: OwnWays, rivals: Rivals, rounds: number): Part {
  return {
    title: 'A restore',
    shown: restore.name,
    ways: [restore, rivals.restore],
    rounds,
    goals: [{ way: restore.name, of: 'time', rival: rivals.restore.name, atMost: 1.1 }],
  }
}

/** A full's bytes read back and hashed. Respaldo's start, its hash of every chunk and its proof are in its time; 1.25 is 0.8 of the speed. */
export function verifyPart({ repository, verify }: OwnWays, rounds: number): Part {
  const script = 'zstd -dc "$0"/sources/*/*/database.dump.zst | sha256sum'
  const rival: Way = {
    name: 'zstd -dc | sha256sum',
    argv: ['bash', '-o', 'pipefail', '-c', script, repository],
  }
  return {
    title: 'A verification',
    ways: [verify, rival],
    rounds,
    goals: [{ way: verify.name, of: 'time', rival: rival.name, atMost: 1.25 }],
  }
}

/** Respaldo's own process; once is enough, since memory varies little. */
export function memoryPart(ways: readonly Way[], size: string): Part {
  const goals = ways.map(({ name }): Goal => ({ way: name, of: 'memory', atMost: 200e6, aim: 150e6 }))
  return { title: `Memory at ${size}`, ways, rounds: 1, goals }
}

/** Commands that do next to nothing. They are over so soon that a few more rounds cost nothing. */
export async function startPart(folder: string, rounds: number): Promise<Part> {
  const list = async (backups: number) => {
    const name = `respaldo list, ${backups.toLocaleString('en')} backups`
    const repository = join(folder, `list-${backups}`)
    await writeRepository(repository, backups)
    return respaldo(name, ['list', '--dir', repository], folder)
  }
  const ways = [respaldo('respaldo --help', ['--help'], folder), await list(10), await list(10_000)]
  const limits = [0.2, 0.4, 1]
  const goals = ways.map(({ name }, at): Goal => ({ way: name, of: 'time', atMost: limits[at] ?? 0 }))
  return { title: 'Start', ways, rounds: Math.max(rounds, 7), goals }
}
