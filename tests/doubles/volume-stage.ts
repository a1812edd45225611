import { openRepository, type Repository } from '#lib/repository/repository'
import { memoryStore } from '#lib/store/memory'
import type { Workloads } from '#lib/volumes/volume'
import { functions } from '../../functions/index.ts'
import { type ManualClock, manualClock } from './clock.ts'
import { emptyServices } from './services.ts'
import { type StillVolumes, stillVolumes } from './still-volumes.ts'

/** What a function answered: its result or its error, and its warnings. */
export interface Answered<T> {
  warnings: { message: string; hint?: string }[]
  result: T
  error: { code: string; message: string; hint?: string; context: Record<string, unknown> }
}

/** A repository in memory and an engine with the volumes `app`, of 2,004 entries, and `cache`, of two. */
export interface VolumeStage {
  clock: ManualClock
  repository: Repository
  still: StillVolumes
  call<T>(name: string, input: object): Promise<Answered<T>>
}

/** Sets it up anew. */
export async function volumeStage(workloads?: Workloads): Promise<VolumeStage> {
  const clock = manualClock(new Date('2026-03-10T12:00:00Z'))
  const repository = await openRepository(memoryStore(), clock, { create: true })
  const still = stillVolumes(workloads)
  let runs = 0
  const services = emptyServices({
    ...still,
    clock,
    repository: async () => repository,
    newRun: () => `run-${++runs}`,
  })
  for (const folder of ['', 'etc', 'logs']) still.put('app', folder, { type: 'directory' })
  for (let n = 0; n < 2000; n++) still.put('app', `etc/file-${n}`, `${n} ${(n * 7919) % 100003}\n`.repeat(20))
  still.put('app', 'logs/today.log', 'all is well\n')
  still.put('cache', 'x', 'x')
  return {
    clock,
    repository,
    still,
    async call<T>(name: string, input: object): Promise<Answered<T>> {
      const { app, method } = functions[name]!
      const headers = { accept: 'application/x-ndjson' }
      const answer =
        method === 'GET'
          ? await app.request(
              `/?${new URLSearchParams(input as Record<string, string>)}`,
              { headers },
              services,
            )
          : await app.request('/', { method, headers, body: JSON.stringify(input) }, services)
      const events = (await answer.text()).trimEnd().split('\n')
      const all = events.map(line => JSON.parse(line))
      return { warnings: all.filter(({ type }) => type === 'warning'), ...all.at(-1) }
    },
  }
}
