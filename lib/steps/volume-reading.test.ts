import { expect, test } from 'vitest'
import { emptyServices } from '../../tests/doubles/services.ts'
import { writeTar } from '../../tests/doubles/tar-writer.ts'
import { type Bytes, drain } from '../bytes.ts'
import { silent } from '../events.ts'
import type { BackupDraft } from '../repository/writer.ts'
import { memoryStore } from '../store/memory.ts'
import type { Volume } from '../volumes/volume.ts'
import { readVolume } from './volume-reading.ts'

test('a full that is far larger than it was taken for is cut anew, in larger chunks', async () => {
  const fileBytes = 9 * 1024 ** 3
  const zeros = { path: 'volume/zeros', pax: { size: `${fileBytes}` } }
  async function* read(): AsyncGenerator<Uint8Array> {
    yield writeTar([{ path: 'volume/' }, zeros], 0)
    const piece = Buffer.alloc(16 * 1024 * 1024)
    for (let left = fileBytes; left > 0; left -= piece.length) yield piece
    yield piece.subarray(0, 1024)
  }
  const taken: number[] = []
  const data = async (raw: Bytes, { sourceBytes }: { sourceBytes: number }) => {
    taken.push(sourceBytes)
    await drain(raw)
  }
  const reading = {
    name: 'v',
    volume: { read } as unknown as Volume,
    scope: {},
    draft: { data } as unknown as BackupDraft,
    store: memoryStore(),
    base: undefined,
    expectedBytes: 1000,
  }
  const context = { services: emptyServices(), report: silent, signal: new AbortController().signal }
  const { walk } = await readVolume(reading, context)
  expect(walk).toMatchObject({ entries: 2, bytes: fileBytes })
  expect(taken).toEqual([1000, 128 * 1024 ** 3])
})
