import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planQuiesce, type QuiesceWish } from './quiesce-plan.ts'
import type { Client } from './volume.ts'

const client = (name: string, over: Partial<Client> = {}): Client => ({
  workload: { name, id: `id-${name}`, kind: 'container' },
  running: true,
  rest: undefined,
  execBefore: undefined,
  execAfter: undefined,
  dependsOn: [],
  ...over,
})
const wish = (over: Partial<QuiesceWish> = {}): QuiesceWish => ({
  asked: 'stop',
  pauseIsEnough: true,
  spared: [],
  ...over,
})
const summary = (clients: readonly Client[], wanted: QuiesceWish) => {
  const { steps, left } = planQuiesce(clients, wanted)
  return { steps: steps.map(({ client, rest }) => [client.workload.name, rest]), left }
}

test('each rests before those that it depends on', () => {
  const chain = [
    client('cache', { dependsOn: ['db'] }),
    client('db'),
    client('web', { dependsOn: ['db', 'cache', 'elsewhere'] }),
  ]
  expect(summary(chain, wish()).steps).toEqual([
    ['web', 'stop'],
    ['cache', 'stop'],
    ['db', 'stop'],
  ])
})

test('those that do not run and those that are spared stay as they are, and the plan says why', () => {
  const clients = [client('db'), client('off', { running: false }), client('web')]
  expect(summary(clients, wish({ spared: ['db'] }))).toEqual({
    steps: [['web', 'stop']],
    left: [
      { name: 'off', why: 'it does not run' },
      { name: 'db', why: 'it is needed' },
    ],
  })
})

test('order goes through those that stay as they are', () => {
  const clients = [
    client('a', { dependsOn: ['m'] }),
    client('m', { dependsOn: ['z'], running: false }),
    client('z'),
  ]
  expect(summary(clients, wish()).steps).toEqual([
    ['a', 'stop'],
    ['z', 'stop'],
  ])
})

test('a label counts more than the flag, but nothing is written under one that is only paused', () => {
  const clients = [client('a', { rest: 'pause' }), client('b', { rest: 'stop' }), client('c')]
  expect(summary(clients, wish({ asked: 'pause' })).steps).toEqual([
    ['c', 'pause'],
    ['b', 'stop'],
    ['a', 'pause'],
  ])
  const written = planQuiesce(clients, wish({ asked: 'pause', pauseIsEnough: false }))
  expect(written.steps.map(({ rest }) => rest)).toEqual(['stop', 'stop', 'stop'])
})

test('without a flag only labels count; a command is run in one that goes on', () => {
  const clients = [client('a', { execBefore: 'sync' }), client('b', { rest: 'stop' }), client('c')]
  expect(summary(clients, wish({ asked: undefined }))).toEqual({
    steps: [
      ['b', 'stop'],
      ['a', undefined],
    ],
    left: [{ name: 'c', why: 'nothing asks it to rest' }],
  })
})

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const clientsArbitrary = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...names),
      running: fc.boolean(),
      rest: fc.constantFrom('stop' as const, 'pause' as const, undefined),
      dependsOn: fc.uniqueArray(fc.constantFrom(...names)),
    }),
    { selector: ({ name }) => name },
  )
  .map(all => all.map(({ name, ...rest }) => client(name, rest)))

test('everybody that runs and is asked rests exactly once, whatever depends on whatever', () => {
  fc.assert(
    fc.property(clientsArbitrary, clients => {
      const { steps, left } = planQuiesce(clients, wish())
      const all = [...steps.map(({ client }) => client.workload.name), ...left.map(({ name }) => name)]
      expect(all.toSorted()).toEqual(clients.map(({ workload }) => workload.name).toSorted())
      expect(steps).toHaveLength(clients.filter(({ running }) => running).length)
    }),
  )
})

test('dependencies rest later where there is no cycle, and the order of the question does not matter', () => {
  fc.assert(
    fc.property(clientsArbitrary, clients => {
      // Only on names before the own one: no cycle.
      const acyclic = clients.map(one => ({
        ...one,
        dependsOn: one.dependsOn.filter(name => name < one.workload.name),
      }))
      const order = planQuiesce(acyclic, wish()).steps.map(({ client }) => client)
      for (const [at, one] of order.entries())
        for (const earlier of order.slice(0, at)) expect(one.dependsOn).not.toContain(earlier.workload.name)
      expect(planQuiesce(clients.toReversed(), wish())).toEqual(planQuiesce(clients, wish()))
    }),
  )
})
