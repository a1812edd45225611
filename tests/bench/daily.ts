import { mkdir } from 'node:fs/promises'
import { grow } from './change.ts'
import { ownWays } from './own.ts'
import type { Part } from './part.ts'
import { openRivals } from './rival.ts'
import { copyDatabase, type Stage } from './stage.ts'
import { totalTable } from './table.ts'

const days = 30

/** A backup a day, of the type that the strategy chooses: its limits in days are not met here, those in numbers are. */
export async function dailyPart(stage: Stage, original: string): Promise<Part> {
  const { server } = stage
  const database = 'bench_daily'
  await copyDatabase(server, original, database)
  const own = ownWays(stage, database)
  const { restic, gzip } = await openRivals(stage, database)
  await Promise.all([own.create.prepare?.(), restic.prepare?.()])
  await mkdir(own.repository)
  const nightfall = () => grow(0.01)(server, database)
  return {
    title: `${days} days of a database that grows by 1 % a day`,
    ways: [
      { ...own.add('respaldo create, daily'), adds: true, prepare: nightfall },
      { ...restic, name: `${restic.name}, daily`, adds: true, prepare: async () => {} },
      { ...gzip, name: `${gzip.name}, daily` },
    ],
    rounds: days,
    goals: [],
    table: totalTable,
  }
}
