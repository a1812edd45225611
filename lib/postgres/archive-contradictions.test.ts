import { expect, test } from 'vitest'
import { refusal, walk } from '../../tests/doubles/archive-walk.ts'
import { block, largeObjects, tableData, writeArchive } from '../../tests/doubles/archive-writer.ts'

const offsetOf = (bytes: Buffer, text: string) => bytes.indexOf(text) - 5

/** An archive of one entry, of which each field can be found. */
function archive(): Buffer {
  return writeArchive({
    entries: [
      tableData('TAG', { tableOid: 7777, oid: 8888, owner: 'OWNER', relkind: 'r', dependencies: [9999] }),
    ],
    blocks: [block(1, ['1\n', '\\.\n\n\n'])],
  })
}

/** Where the fields that are no texts are, by their texts before or behind. */
const at = {
  integers: () => 8,
  offsets: () => 9,
  format: () => 10,
  compression: () => 11,
  count: (bytes: Buffer) => offsetOf(bytes, '7777') - 15,
  id: (bytes: Buffer) => offsetOf(bytes, '7777') - 10,
  flag: (bytes: Buffer) => offsetOf(bytes, '7777') - 5,
  tableOid: (bytes: Buffer) => offsetOf(bytes, '7777'),
  section: (bytes: Buffer) => bytes.indexOf('TABLE DATA') + 'TABLE DATA'.length,
  relkind: (bytes: Buffer) => offsetOf(bytes, 'OWNER') - 5,
  owner: (bytes: Buffer) => offsetOf(bytes, 'OWNER'),
  end: (bytes: Buffer) => offsetOf(bytes, '9999') + 9,
  state: (bytes: Buffer) => offsetOf(bytes, '9999') + 14,
  block: (bytes: Buffer) => offsetOf(bytes, '9999') + 23,
}

test.each<[keyof typeof at, number, number, string]>([
  ['integers', 0, 8, 'integers of 8 bytes'],
  ['offsets', 0, 2, 'offsets of 2 bytes'],
  ['format', 0, 2, 'an unknown format 2'],
  ['compression', 0, 4, 'an unknown compression 4'],
  ['count', 0, 1, '-1 entries'],
  ['count', 0, 2, 'a number begins with 2'],
  ['id', 1, 0, 'an entry with the id 0'],
  ['id', 0, 1, 'an entry with the id -1'],
  ['flag', 1, 2, "an entry's flag is 2"],
  ['flag', 0, 1, "an entry's flag is -1"],
  ['tableOid', 6, 0x78, 'a text is no number'],
  ['section', 1, 9, 'an unknown section 9'],
  ['relkind', 0, 1, 'an unknown kind of relation -114'],
  ['relkind', 1, 128, 'an unknown kind of relation 128'],
  ['owner', 0, 1, 'a text of -5 bytes'],
  ['owner', 4, 0x40, 'a text of 1073741829 bytes'],
  ['end', 1, 2, 'a text of -2 bytes'],
  ['state', 0, 0, "an unknown state 0 of an entry's data"],
  ['state', 0, 4, "an unknown state 4 of an entry's data"],
  ['block', 0, 2, 'a block of unknown type 2'],
])('%s: byte %i is %i', (field, offset, value, reason) => {
  const bytes = archive()
  const place = at[field](bytes)
  bytes[place + offset] = value
  for (const pieces of [[bytes], [bytes.subarray(0, place + 1), bytes.subarray(place + 1)]])
    expect(refusal(pieces)).toMatchObject({
      code: 'data-corrupt',
      message: expect.stringContaining(`damaged at byte ${place}: ${reason}`),
      context: { offset: place },
    })
})

test.each([
  [-2, /a compression level of -2$/],
  [10, /a compression level of 10$/],
])('a level of zlib of %i', (compression, reason) => {
  const bytes = writeArchive({ minor: 14, compression, entries: [] })
  expect(refusal([bytes])).toMatchObject({
    message: expect.stringMatching(reason),
    context: { offset: 11 },
  })
})

test.each([-1, 1, 9])('but not one of %i', compression => {
  const parts = { minor: 14, compression, entries: [tableData('t')], blocks: [block(1, ['x'])] }
  expect(walk([writeArchive(parts)])).toMatchObject({ compression: 'gzip', tables: [{ rows: undefined }] })
})

test('the ids within blocks', () => {
  const bytes = writeArchive({
    entries: [{ desc: 'BLOBS', hasData: true }],
    blocks: [largeObjects(1, { 5: ['x'] })],
  })
  const start = bytes.lastIndexOf(Buffer.of(3, 0, 1, 0, 0, 0))
  for (const [offset, value, place, reason] of [
    [1, 1, start + 1, 'a block without a valid id'],
    [6, 2, start + 6, 'a large object without a valid oid'],
    [11, 1, start + 11, 'a piece of data without a valid length'],
  ] as const) {
    const damaged = Buffer.from(bytes)
    damaged[start + offset] = value
    expect(refusal([damaged])).toMatchObject({
      message: expect.stringContaining(`damaged at byte ${place}: ${reason}`),
    })
  }
})
