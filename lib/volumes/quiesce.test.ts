import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../tests/doubles/clock.ts'
import { faultyStore } from '../../tests/doubles/faults.ts'
import { type StillWorkload, stillWorkloads } from '../../tests/doubles/still-workloads.ts'
import { type Clock, systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import type { RunEvent } from '../events.ts'
import { readEntries } from '../repository/journal.ts'
import { memoryStore } from '../store/memory.ts'
import { type QuiesceWorld, quiesced } from './quiesce.ts'
import type { QuiesceWish } from './quiesce-plan.ts'
import { recoverQuiesced } from './recover-quiesced.ts'

const app: StillWorkload[] = [
  { name: 'web', uses: 'data', dependsOn: ['api'], execBefore: 'flush', execAfter: 'warm' },
  { name: 'api', uses: 'data', rest: 'pause' },
  { name: 'off', uses: 'data', running: false },
]

/** Runs of several processes on one store and one engine. A process that is not named in `dead` lives. */
function world(given: readonly StillWorkload[] = app) {
  const store = faultyStore(memoryStore())
  const workloads = stillWorkloads(given)
  const events: RunEvent[] = []
  const dead = new Set<number>()
  const unknown = new Set<number>()
  let runs = 0
  const of = (pid: number): QuiesceWorld => ({
    store,
    clock: systemClock,
    isAlive: ({ pid }) => (unknown.has(pid) ? undefined : !dead.has(pid)),
    holder: { host: 'here', pid, startedAt: '', function: 'create' },
    run: `run-${++runs}`,
    report: event => events.push(event),
    limitMilliseconds: 60_000,
  })
  const quiesce = (
    pid: number,
    wish: Partial<QuiesceWish> = {},
    signal = new AbortController().signal,
    clock: Clock = systemClock,
  ) =>
    quiesced(
      {
        place: { environment: 'docker' },
        workloads,
        clients: () => workloads.usersOf({ environment: 'docker', volume: 'data' }),
        wish: { asked: 'stop', pauseIsEnough: true, spared: [], ...wish },
      },
      { ...of(pid), clock },
      signal,
    )
  const recover = (pid: number, options: { patient?: boolean; host?: string; clock?: Clock } = {}) => {
    const { holder, ...rest } = of(pid)
    return recoverQuiesced(
      {
        ...rest,
        clock: options.clock ?? rest.clock,
        holder: { ...holder, host: options.host ?? 'here' },
        newRun: () => `recovery-${++runs}`,
        workloads: () => workloads,
        patient: options.patient ?? true,
      },
      new AbortController().signal,
    )
  }
  const states = () => given.map(({ name }) => `${name} ${workloads.state(name)}`)
  const warnings = () => events.flatMap(event => (event.type === 'warning' ? [event.message] : []))
  return {
    clock: manualClock(),
    store,
    workloads,
    dead,
    unknown,
    quiesce,
    recover,
    states,
    warnings,
    entries: () => readEntries(store),
  }
}

const broken = new RespaldoError('environment-unavailable', 'The engine broke')
const before = ['web running', 'api running', 'off stopped']

test('they rest in order with their commands around it, and go on in the opposite order; one that did not run stays so', async () => {
  const { workloads, quiesce, states, entries } = world()
  const resting = await quiesce(1)
  expect(states()).toEqual(['web stopped', 'api paused', 'off stopped'])
  expect(await entries()).toMatchObject([{ entry: { state: 'resting', run: 'run-1' } }])
  await resting.resume()
  await resting[Symbol.asyncDispose]()
  expect(workloads.done).toEqual([
    'run web: flush',
    'halt web',
    'halt api',
    'resume api',
    'resume web',
    'run web: warm',
  ])
  expect(states()).toEqual(before)
  expect(await entries()).toEqual([])
})

test('where nobody has to rest nothing is written', async () => {
  const { store, quiesce } = world([{ name: 'web', uses: 'data' }])
  const resting = await quiesce(1, { asked: undefined })
  await resting[Symbol.asyncDispose]()
  expect(store.calls.filter(({ method }) => method === 'put')).toEqual([])
})

test('the journal names all before the first rests', async () => {
  const { workloads, quiesce, entries } = world()
  const seen: unknown[] = []
  workloads.before = async step => {
    if (step === 'halt web') seen.push(await entries())
  }
  await using _resting = await quiesce(1)
  expect(seen).toMatchObject([
    [{ entry: { halted: [{ workload: { name: 'web' } }, { workload: { name: 'api' } }] } }],
  ])
})

describe('whatever fails, they go on', () => {
  test.each(['run web', 'halt web', 'halt api'])('%s', async step => {
    const { workloads, quiesce, states, entries } = world()
    workloads.fail(step, broken)
    await expect(quiesce(1)).rejects.toBe(broken)
    expect(states()).toEqual(before)
    expect(await entries()).toEqual([])
  })

  test('aborted between two', async () => {
    const { workloads, quiesce, states } = world()
    const stop = new AbortController()
    workloads.before = async step => {
      if (step === 'halt web') stop.abort()
    }
    await expect(quiesce(1, {}, stop.signal)).rejects.toMatchObject({ code: 'cancelled' })
    expect(states()).toEqual(before)
  })

  test('the store, at any call and from any call on', async () => {
    for (const calls of [1, 1000]) {
      for (let nth = 1; ; nth++) {
        const one = world()
        const unplugged = new RespaldoError('store-unavailable', 'unplugged')
        one.store.arrange(
          ...Array.from({ length: calls }, (_, more) => ({ nth: nth + more, error: unplugged })),
        )
        const resting = await one.quiesce(1).catch(() => undefined)
        await resting?.[Symbol.asyncDispose]()
        const message = `${calls} from ${nth}`
        expect(one.states(), message).toEqual(before)
        const made = one.store.calls.length
        one.store.arrange()
        // Whatever is left in the journal does no harm.
        one.dead.add(1)
        await one.recover(2)
        expect(one.states(), message).toEqual(before)
        expect(await one.entries(), message).toEqual([])
        if (made < nth) break
      }
    }
  })
})

describe('one that cannot be brought back', () => {
  test('fails the run with its command, stops no other, and is tried again by the next run', async () => {
    const { workloads, quiesce, recover, states, entries, warnings } = world()
    const resting = await quiesce(1)
    workloads.fail('resume api', broken)
    await resting.resume()
    expect(states()).toEqual(['web running', 'api paused', 'off stopped'])
    await expect(resting[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'environment-unavailable',
      message: expect.stringContaining('api (The engine broke)'),
      hint: expect.stringContaining('docker unpause api'),
      context: { stopped: [{ name: 'api', command: 'docker unpause api' }] },
    })
    expect(await entries()).toMatchObject([
      { entry: { state: 'left', halted: [{ workload: { name: 'api' } }] } },
    ])
    await recover(1)
    expect(await entries()).toHaveLength(1)
    workloads.fail('resume api', undefined)
    await recover(1) // of the same process, which lives
    expect(states()).toEqual(before)
    expect(await entries()).toEqual([])
    expect(warnings()).toHaveLength(3)
  })

  test('because it is gone, is told and not tried again', async () => {
    const { workloads, quiesce, entries } = world()
    const resting = await quiesce(1)
    workloads.remove('api')
    const told = { code: 'source-not-found', context: { stopped: [] } }
    await expect(resting[Symbol.asyncDispose]()).rejects.toMatchObject(told)
    expect(await entries()).toEqual([])
  })

  test('because it is not healthy in time, is told and not tried again', async () => {
    const { workloads, quiesce, entries } = world()
    const resting = await quiesce(1)
    const { resume } = workloads
    workloads.resume = async (halted, options) => {
      await resume(halted, options)
      throw new RespaldoError('timed-out', `${halted.workload.name} is not healthy`)
    }
    const told = { code: 'timed-out', message: expect.stringContaining('web is not healthy') }
    await expect(resting[Symbol.asyncDispose]()).rejects.toMatchObject(told)
    expect(await entries()).toEqual([])
  })
})

test('somebody who starts one of them meanwhile is noticed', async () => {
  const { workloads, quiesce, warnings } = world()
  const resting = await quiesce(1)
  workloads.set('web', 'running')
  await resting[Symbol.asyncDispose]()
  expect(warnings()).toEqual(['web was started by somebody else while it was to rest'])
})

describe('a run that died', () => {
  test('at any thing that it does: the next one brings all back, whatever it began', async () => {
    for (let nth = 1; ; nth++) {
      const { workloads, quiesce, recover, dead, states, entries, warnings } = world()
      let left = nth
      workloads.before = async () => {
        left -= 1
        if (left === 0) await new Promise(() => {}) // it does nothing more
      }
      const run = quiesce(1).then(resting => resting[Symbol.asyncDispose]())
      const ended = await Promise.race([run.then(() => true), setTimeout(50, false)])
      if (ended) {
        expect(nth).toBe(7)
        return
      }
      workloads.before = async () => {}
      await recover(2)
      expect(await entries()).toHaveLength(1) // it lives
      dead.add(1)
      await Promise.all([recover(2), recover(3)])
      expect(states(), `died at ${nth}`).toEqual(before)
      expect(await entries()).toEqual([])
      expect(workloads.done.at(-1)).toBe('run web: warm')
      expect(warnings()[0]).toContain('create run run-1 on here (process 1) died and left web, api at rest')
    }
  })

  test('on another host is left alone by who does not wait, and where its workloads are not known', async () => {
    const { workloads, quiesce, recover, unknown, states } = world()
    await quiesce(1)
    unknown.add(1)
    await recover(2, { patient: false })
    for (const name of ['web', 'api', 'off']) workloads.remove(name)
    await recover(2, { host: 'there' })
    expect(states()).toEqual(['web undefined', 'api undefined', 'off undefined'])
    expect(workloads.done.filter(step => step.startsWith('resume'))).toEqual([])
  })
})

describe('a run of which it cannot be told at once whether it lives', () => {
  test('is dead when it showed no sign of life for an expiry', async () => {
    const { quiesce, recover, unknown, states, clock, entries } = world()
    await quiesce(1, {}, undefined, manualClock()) // which stands still
    unknown.add(1)
    const recovering = recover(2, { clock })
    await clock.advance(19_000)
    expect(states()).toEqual(['web stopped', 'api paused', 'off stopped'])
    await clock.advance(2000)
    await recovering
    expect(states()).toEqual(before)
    expect(await entries()).toEqual([])
  })

  test('is left alone as soon as it shows one', async () => {
    const { quiesce, recover, unknown, states, clock } = world()
    const its = manualClock()
    await quiesce(1, {}, undefined, its)
    unknown.add(1)
    const recovering = recover(2, { clock })
    await clock.advance(1000)
    await its.advance(5000)
    await clock.advance(1000)
    await recovering
    expect(states()).toEqual(['web stopped', 'api paused', 'off stopped'])
  })
})

describe('two runs that need the same at rest', () => {
  const one: StillWorkload[] = [{ name: 'web', uses: 'data' }]

  test('the one that ends first leaves it to the other, who found it at rest', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { quiesce, states, entries } = world(one)
      const both = [await quiesce(1), await quiesce(2)]
      await both[order[0]!]![Symbol.asyncDispose]()
      expect(states()).toEqual(['web stopped'])
      await both[order[1]!]![Symbol.asyncDispose]()
      expect(states()).toEqual(['web running'])
      expect(await entries()).toEqual([])
    }
  })

  test('the second brings it back when the first has died', async () => {
    const { quiesce, recover, dead, states } = world(one)
    await quiesce(1)
    const second = await quiesce(2)
    dead.add(1)
    await recover(3)
    expect(states()).toEqual(['web stopped']) // the second still needs it
    await second[Symbol.asyncDispose]()
    expect(states()).toEqual(['web running'])
  })

  test('the stronger rest counts, and who paused it does not start it under the other', async () => {
    const { workloads, quiesce, states } = world(one)
    const first = await quiesce(1, { asked: 'pause' })
    const second = await quiesce(2, { asked: 'stop' })
    expect(states()).toEqual(['web stopped'])
    await first[Symbol.asyncDispose]()
    expect(states()).toEqual(['web stopped'])
    await second[Symbol.asyncDispose]()
    expect(states()).toEqual(['web running'])
    expect(workloads.done.filter(step => step === 'resume web')).toHaveLength(1)
  })

  test('who comes while the first is about to start it waits, and has it at rest', async () => {
    const { workloads, quiesce, states } = world(one)
    const first = await quiesce(1)
    const starting = Promise.withResolvers<void>()
    const going = Promise.withResolvers<void>()
    workloads.before = async step => {
      if (step !== 'resume web') return
      starting.resolve()
      await going.promise
    }
    const ended = first[Symbol.asyncDispose]()
    await starting.promise
    const coming = quiesce(2)
    await setTimeout(20)
    going.resolve()
    workloads.before = async () => {}
    await ended
    await using _second = await coming
    expect(states()).toEqual(['web stopped'])
  })

  test('many at once, in any order: nobody has it running under them, and it runs in the end', async () => {
    const { workloads, quiesce, states, entries } = world(one)
    workloads.before = () => setTimeout(Math.random() * 3)
    await Promise.all(
      Array.from({ length: 12 }, async (_, pid) => {
        await setTimeout(Math.random() * 30)
        await using _resting = await quiesce(pid + 1)
        for (let look = 0; look < 5; look++) {
          expect(states()).toEqual(['web stopped'])
          await setTimeout(Math.random() * 3)
        }
      }),
    )
    expect(states()).toEqual(['web running'])
    expect(await entries()).toEqual([])
  })
})

test('an engine that does not answer holds nobody up for long, and what rests there is left to the next run', async () => {
  const { workloads, quiesce, recover, dead, states, entries, warnings, clock } = world()
  await quiesce(1)
  dead.add(1)
  const { look } = workloads
  workloads.look = (_, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const recovering = recover(2, { clock })
  await clock.advance(10_000)
  await recovering
  expect(warnings()).toEqual([expect.stringContaining('(web, api): Its engine does not answer')])
  workloads.look = look
  await recover(2)
  expect(states()).toEqual(before)
  expect(await entries()).toEqual([])
})
