import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutAt, golden, goldenFiles, refusal, walk } from '../../tests/doubles/archive-walk.ts'
import { collect, once } from '../bytes.ts'
import { archivePart } from './archive-part.ts'

const partOf = (pieces: readonly Uint8Array[], kept: Iterable<number>) =>
  collect(archivePart(once(...pieces), new Set(kept)))

const files = goldenFiles('.dump').filter(file => !file.startsWith('made-1.12'))

describe.each(files)('of %s', file => {
  const whole = golden(file)
  const { entries, tables, largeObjects } = walk([whole], 'entries')

  test('any entries with their data are an archive, however the bytes come', async () => {
    const ids = entries.map(({ dumpId }) => dumpId)
    const places = fc.array(fc.nat(whole.length), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(fc.subarray(ids), places, async (kept, cuts) => {
        const part = walk([await partOf(cutAt(whole, cuts), kept)], 'entries')
        expect(part.entries.map(({ dumpId }) => dumpId)).toEqual(ids.filter(id => kept.includes(id)))
        const names = part.entries.filter(({ desc }) => desc === 'TABLE DATA').map(({ tag }) => tag)
        expect(part.tables).toEqual(tables.filter(({ name }) => names.includes(name)))
        const hasObjects = part.entries.some(({ desc }) => desc === 'BLOBS')
        expect(part.largeObjects.count).toBe(hasObjects ? largeObjects.count : 0)
      }),
      { numRuns: 20 },
    )
  })

  test('all of it is the same but for the places of data', async () => {
    const part = await partOf(
      [whole],
      entries.map(({ dumpId }) => dumpId),
    )
    expect(part.length).toBe(whole.length)
    const same = walk([part], 'entries').entries
    expect(same).toEqual(entries.map(entry => ({ ...entry, dataOffset: undefined })))
  })
})

test('byte by byte it is the same part', async () => {
  const whole = golden('pg17-small.dump')
  const { entries } = walk([whole], 'entries')
  const kept = entries.filter(({ dumpId }) => dumpId % 2 === 0).map(({ dumpId }) => dumpId)
  const bytes = Array.from(whole, (_, at) => whole.subarray(at, at + 1))
  expect(await partOf(bytes, kept)).toEqual(await partOf([whole], kept))
})

test('an archive that is cut never gives a part that ends cleanly', async () => {
  const whole = golden('pg17-small.dump')
  const { entries } = walk([whole], 'entries')
  const ids = entries.map(({ dumpId }) => dumpId)
  for (let length = 1; length < whole.length; length += 7) {
    const cut = whole.subarray(0, length)
    const part = await partOf([cut], ids).catch(error => error)
    if (part instanceof Error) expect(part).toMatchObject({ code: 'data-corrupt' })
    else expect(refusal([part])).toMatchObject({ code: 'data-corrupt' }) // it ends between two blocks, as the cut one does
  }
})
