import { expect, test } from 'vitest'
import { type ExistingVolume, planVolumeRestore, type VolumePlanFacts } from './restore-plan.ts'
import type { VolumeUser } from './volume.ts'

const tar = { entries: 3, bytes: 5000, zeroBytes: 0 }
const user = (name: string, state: VolumeUser['state']): VolumeUser => ({
  name,
  state,
  readOnly: false,
  path: '/srv',
  database: undefined,
})
const existing = (facts: Partial<ExistingVolume> = {}): ExistingVolume => ({
  users: [],
  isEmpty: false,
  usedBytes: undefined,
  isReplaceable: true,
  ...facts,
})
const facts = (given: Partial<VolumePlanFacts> = {}): VolumePlanFacts => ({
  volume: 'app',
  input: { name: 'volume.app/1', exclude: [] },
  tar,
  existing: existing(),
  freeBytes: undefined,
  ...given,
})
const codes = (plan: ReturnType<typeof planVolumeRestore>) => plan.refusals.map(({ code }) => code)

test.each([
  ['in-place', undefined, 'make', undefined],
  ['into', undefined, 'make', undefined],
  ['into', existing({ isEmpty: true }), 'fill', undefined],
  ['in-place', existing({ isEmpty: true }), 'fill', undefined],
  ['in-place', existing(), 'replace', 'app'],
] as const)('%s, where there is %j: %s', (mode, existing, deed, replaces) => {
  const plan = planVolumeRestore({ mode }, facts({ existing }))
  expect([plan.deed, plan.replaces, codes(plan)]).toEqual([deed, replaces, []])
})

test('paths are added to what is there, and asked for all the same', () => {
  const plan = planVolumeRestore({ mode: 'in-place', paths: ['a'] }, facts())
  expect([plan.deed, plan.replaces]).toEqual(['add', 'app'])
  expect(plan.steps.join()).toContain('(a)')
})

test('who runs or is only paused has to be stopped; who is stopped is told of', () => {
  const users = [user('db', 'running'), user('web', 'paused'), user('off', 'stopped'), user('web', 'paused')]
  const refused = planVolumeRestore({ mode: 'in-place' }, facts({ existing: existing({ users }) }))
  expect(refused.refusals).toMatchObject([
    { code: 'restore-unsafe', message: expect.stringContaining('db, web, which run') },
  ])
  const plan = planVolumeRestore({ mode: 'in-place', stop: true }, facts({ existing: existing({ users }) }))
  expect(codes(plan)).toEqual([])
  const order = ['temporary', 'stop db, web', 'safety', 'clear app', 'compare', 'start web, db', 'remove']
  expect(plan.steps.map((step, at) => step.includes(order[at]!))).toEqual(order.map(() => true))
  expect(plan.warnings.join()).toContain('off (stopped)')
})

test('room is needed for the staged content, and for what it is more than the old', () => {
  const plan = (freeBytes: number, given: Partial<VolumePlanFacts> = {}) =>
    codes(planVolumeRestore({ mode: 'in-place' }, facts({ freeBytes, ...given })))
  expect(plan(4999)).toEqual(['space-insufficient'])
  expect(plan(5000)).toEqual([])
  expect(plan(8999, { existing: existing({ usedBytes: 1000 }) })).toEqual(['space-insufficient'])
  expect(plan(9000, { existing: existing({ usedBytes: 1000 }) })).toEqual([])
})

test('what nothing can replace is refused, and may be filled, added to or made anew', () => {
  const isReplaceable = false
  const plan = (request: Parameters<typeof planVolumeRestore>[0], given: Partial<ExistingVolume> = {}) =>
    codes(planVolumeRestore(request, facts({ existing: existing({ isReplaceable, ...given }) })))
  expect(plan({ mode: 'in-place' })).toEqual(['environment-unavailable'])
  expect(plan({ mode: 'in-place', paths: ['a'] })).toEqual([])
  expect(plan({ mode: 'in-place' }, { isEmpty: true })).toEqual([])
})

test('what was left out of the backup and what may have been holes is told', () => {
  const given = facts({
    input: { name: 'b', exclude: ['cache'] },
    tar: { entries: 1, bytes: 3e9, zeroBytes: 2e9 },
  })
  const { warnings } = planVolumeRestore({ mode: 'in-place' }, given)
  expect(warnings).toMatchObject([expect.stringContaining('cache'), expect.stringContaining('2.0 GB')])
})
