import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { once } from '../bytes.ts'
import { memoryStore } from '../store/memory.ts'
import type { Manifest } from './manifest.ts'
import {
  type Level,
  levels,
  type Mark,
  type Proof,
  parseMark,
  readProofs,
  readStandings,
  standingOf,
  writeProof,
} from './proofs.ts'

const proof = (level: Level, verdict: Proof['verdict'], finished: string): Proof => ({
  format: 1,
  source: 'pc_db',
  backup: '20250408T160000Z-full',
  level,
  verdict,
  started: '2025-04-09T00:00:00.000Z',
  finished,
  seconds: 1.5,
  host: 'here',
  tool: 'respaldo test',
  evidence: { rawBytes: 7 },
  problems: [],
})
const backup = { id: '20250408T160000Z-full', source: { id: 'pc_db' } } as Manifest
const folder = 'sources/pc_db/20250408T160000Z-full/proofs/'

test('what is found later counts as later, also by a host whose clock is behind', async () => {
  const store = memoryStore()
  await writeProof(store, proof('restored', 'passed', '2025-04-09T01:02:03.004Z'))
  expect(await readStandings(store, [backup])).toMatchObject([{ proven: true }])
  await writeProof(store, proof('checked', 'failed', '2025-04-09T00:30:00.000Z'))
  expect(await readStandings(store, [backup])).toMatchObject([
    { proven: false, failed: { level: 'checked' } },
  ])
})

test('a proof is kept under a key that tells level, verdict and time, and read back', async () => {
  const store = memoryStore()
  const passed = proof('checked', 'passed', '2025-04-09T01:02:03.004Z')
  const key = await writeProof(store, passed)
  expect(key).toBe(`${folder}20250409T010203.004Z-checked-passed.json`)
  expect(parseMark(key)).toEqual({
    key,
    level: 'checked',
    verdict: 'passed',
    time: '2025-04-09T01:02:03.004Z',
  })
  const failed = proof('readable', 'failed', '2025-04-09T01:02:04.000Z')
  await writeProof(store, failed)
  expect(await readProofs(store, 'pc_db', backup.id)).toEqual([passed, failed])
})

test('what is no proof, or no longer one, is passed over', async () => {
  const store = memoryStore()
  await store.put(`${folder}20260101T000000Z.json`, once('{}'))
  await store.put(`${folder}20260101T000000.000Z-blessed-passed.json`, once('{}'))
  await store.put(`${folder}20260101T000000.000Z-restored-passed.json.old`, once('{}'))
  expect(await readStandings(store, [backup])).toEqual([{ proven: false }])
  await store.put(`${folder}20260101T000000.000Z-checked-failed.json`, once('{"cut'))
  await store.put(`${folder}20260102T000000.000Z-checked-passed.json`, once('{"format":2}'))
  expect(await readProofs(store, 'pc_db', backup.id)).toEqual([])
  expect(await readStandings(store, [backup])).toEqual([
    { proven: false, passed: { level: 'checked', time: '2026-01-02T00:00:00.000Z' } },
  ])
})

describe('what proofs come to', () => {
  /** `readable+ checked-`: one after the other. */
  const standing = (text: string) => {
    const marks = text
      .split(' ')
      .filter(Boolean)
      .map((word, at): Mark => {
        const time = new Date(Date.UTC(2025, 0, 1 + at)).toISOString()
        const verdict = word.endsWith('+') ? 'passed' : 'failed'
        return { key: '', level: word.slice(0, -1) as Level, verdict, time }
      })
    const { proven, passed, failed } = standingOf(marks)
    const shown = (of?: { level: Level; time: string }) =>
      of && `${of.level} ${Number(of.time.slice(8, 10)) - 1}`
    return [proven, shown(passed), shown(failed)]
  }

  test.each([
    ['', [false, undefined, undefined]],
    ['checked+', [false, 'checked 0', undefined]],
    ['restored+ checked+', [true, 'restored 0', undefined]],
    ['restored+ checked+ restored+', [true, 'restored 2', undefined]],
    // A failure of the same or a weaker level takes back what passed before it, for good.
    ['restored+ checked-', [false, undefined, 'checked 1']],
    ['restored+ checked- checked+', [false, 'checked 2', undefined]],
    ['checked+ checked- restored+', [true, 'restored 2', undefined]],
    // One of a stronger level leaves the weaker ones, but is not made good by them.
    ['checked+ restored-', [false, 'checked 0', 'restored 1']],
    ['restored- checked+', [false, 'checked 1', 'restored 0']],
    ['restored- readable- readable+', [false, 'readable 2', 'restored 0']],
    ['restored+ restored- restored+', [true, 'restored 2', undefined]],
  ])('%j', (text, expected) => {
    expect(standing(text)).toEqual(expected)
  })

  test('of two at one time the failure counts', () => {
    const time = '2025-01-01T00:00:00.000Z'
    const mark = (verdict: Mark['verdict']): Mark => ({ key: '', level: 'restored', verdict, time })
    const expected = { proven: false, failed: { level: 'restored', time } }
    expect(standingOf([mark('passed'), mark('failed')])).toEqual(expected)
    expect(standingOf([mark('failed'), mark('passed')])).toEqual(expected)
  })

  test('go by time and not by order, and nothing that failed last is proven', () => {
    const marks = fc.array(
      fc.record({
        key: fc.constant(''),
        level: fc.constantFrom(...levels),
        verdict: fc.constantFrom('passed' as const, 'failed' as const),
        time: fc.integer({ min: 1, max: 9 }).map(day => `2025-01-0${day}T00:00:00.000Z`),
      }),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(marks, marks => {
        const standing = standingOf(marks)
        expect(standingOf(marks.toReversed())).toEqual(standing)
        const last = marks
          .map(({ time }) => time)
          .sort()
          .at(-1)
        const failedLast = marks.some(mark => mark.time === last && mark.verdict === 'failed')
        if (failedLast) expect(standing.proven).toBe(false)
        if (failedLast) expect(standing.failed).toBeDefined()
      }),
    )
  })
})
