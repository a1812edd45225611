import { RespaldoError } from '#lib/errors'
import type { Client, Halted, Workload, Workloads } from '#lib/volumes/volume'

/** One workload as a test describes it; what is not given is as it mostly is. */
export type StillWorkload = Partial<Omit<Client, 'workload'>> & {
  name: string
  uses?: string
  clientOf?: string
}

export interface StillWorkloads extends Workloads {
  /** What was done, in order: `halt web`, `resume web`, `run web: sync`. */
  readonly done: readonly string[]
  state(name: string): 'running' | 'paused' | 'stopped' | undefined
  /** As a person does. */
  set(name: string, state: 'running' | 'stopped'): void
  remove(name: string): void
  /** From now on what is done to it fails so, each time; undefined: no more. */
  fail(step: string, error: unknown): void
  /** Called before each thing that is done; may wait. */
  before(step: string): Promise<void>
}

/** Workloads in memory that do what they are told. */
export function stillWorkloads(given: readonly StillWorkload[]): StillWorkloads {
  const all = new Map(
    given.map(one => [one.name, { ...one, state: one.running === false ? 'stopped' : 'running' }]),
  )
  const done: string[] = []
  const failures = new Map<string, unknown>()
  const workloadOf = (name: string): Workload => ({ name, id: `id-${name}`, kind: 'container' })

  function clientOf(one: StillWorkload & { state: string }): Client {
    return {
      workload: workloadOf(one.name),
      running: one.state === 'running',
      rest: one.rest,
      execBefore: one.execBefore,
      execAfter: one.execAfter,
      dependsOn: one.dependsOn ?? [],
    }
  }

  async function doing(step: string, { name }: Workload, text = step): Promise<{ state: string }> {
    await still.before(`${step} ${name}`)
    if (failures.has(`${step} ${name}`)) throw failures.get(`${step} ${name}`)
    const one = all.get(name)
    if (!one) throw new RespaldoError('source-not-found', `The container ${name} is gone`)
    done.push(text === step ? `${step} ${name}` : text)
    return one
  }

  const which = (wanted: (one: StillWorkload) => boolean) => [...all.values()].filter(wanted).map(clientOf)
  const still: StillWorkloads = {
    done,
    before: async () => {},
    state: name => all.get(name)?.state as 'running' | undefined,
    set: (name, state) => Object.assign(all.get(name)!, { state }),
    remove: name => void all.delete(name),
    fail: (step, error) => void (error === undefined ? failures.delete(step) : failures.set(step, error)),
    usersOf: async ({ volume }) => which(({ uses }) => uses === volume),
    clientsOf: async name => which(({ clientOf }) => clientOf === name),
    ofProject: async () => which(() => true),
    look: async ({ name }) => which(one => one.name === name)[0],
    remember: async (workload, rest): Promise<Halted> => ({ workload, rest }),
    async halt({ workload, rest }) {
      const one = await doing('halt', workload)
      one.state =
        rest === 'pause' && one.state === 'running' ? 'paused' : rest === 'stop' ? 'stopped' : one.state
    },
    async resume({ workload }) {
      const one = await doing('resume', workload)
      one.state = 'running'
    },
    async run(workload, line) {
      await doing('run', workload, `run ${workload.name}: ${line}`)
    },
  }
  return still
}
