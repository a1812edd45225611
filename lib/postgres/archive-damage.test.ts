import { describe, expect, test } from 'vitest'
import { golden, goldenFiles, refusal, walk } from '../../tests/doubles/archive-walk.ts'
import { block, tableData, writeArchive } from '../../tests/doubles/archive-writer.ts'
import { RespaldoError } from '../errors.ts'

describe('damage', () => {
  test.each(goldenFiles('.dump'))('%s is refused wherever it is cut', file => {
    const bytes = golden(file)
    for (let end = 0; end < bytes.length; end += file.includes('small') ? 1 : 67)
      expect(refusal([bytes.subarray(0, end)]), `cut at ${end}`).toMatchObject({ code: 'data-corrupt' })
  })

  test('a cut is told with its place', () => {
    const bytes = golden('pg15-small.dump')
    const message = (end: number) => refusal([bytes.subarray(0, 9), bytes.subarray(9, end)]).message
    expect(message(40)).toContain('at byte 40: it ends within its header')
    expect(message(500)).toMatch(/at byte 500: it ends within its table of contents, after \d of 10 entries/)
    expect(message(bytes.length - 1)).toContain('it ends within the data of')
  })

  test('what follows the last block is refused', () => {
    for (const more of [[0], [1], [3, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]])
      expect(refusal([golden('pg15-piped.dump'), Uint8Array.from(more)])).toMatchObject({
        code: 'data-corrupt',
      })
  })

  test('a changed byte is refused or counted, and nothing else happens', () => {
    const bytes = Buffer.from(golden('pg17-small.dump'))
    let refused = 0
    for (let at = 0; at < bytes.length; at++)
      for (const change of [0x01, 0x80, 0xff]) {
        bytes[at] = bytes[at]! ^ change
        try {
          walk([bytes])
        } catch (error) {
          expect(error).toBeInstanceOf(RespaldoError)
          refused += 1
        }
        bytes[at] = bytes[at]! ^ change
      }
    expect(refused).toBeGreaterThan(bytes.length / 2)
  })

  test('every changed byte between the pieces of a block is refused', () => {
    const bytes = writeArchive({
      entries: [tableData('t')],
      blocks: [block(1, ['1\ta\n', '2\tb\n', '\\.\n\n\n'])],
    })
    const start = bytes.indexOf(Buffer.of(1, 0, 1, 0, 0, 0, 0, 4))
    const structure = [
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 18, 19, 24, 25, 26, 27, 28, 34, 35, 36, 37, 38,
    ]
    for (const at of structure)
      for (const change of [0x01, 0x02, 0x10, 0x80]) {
        const damaged = Buffer.from(bytes)
        damaged[start + at] = damaged[start + at]! ^ change
        expect(refusal([damaged]), `byte ${at}`).toMatchObject({ code: 'data-corrupt' })
      }
  })

  test('an entry that contradicts itself is refused', () => {
    const bytes = writeArchive({ entries: [tableData('t')] })
    bytes[bytes.length - 9] = 3
    expect(refusal([bytes]).message).toContain('both that it has data and that it has none')
  })

  test('a piece longer than a row can be is refused before anybody waits for it', () => {
    const bytes = writeArchive({ entries: [tableData('t')], blocks: [block(1, ['1\n'])] })
    const at = bytes.length - 5 - 2 - 4
    bytes.writeUInt32LE(0x40000000, at)
    expect(refusal([bytes])).toMatchObject({ context: { offset: at - 1 } })
  })

  test('a length that was damaged takes no memory', () => {
    const bytes = writeArchive({ entries: [{ defn: 'CREATE TABLE t ();' }] })
    const at = bytes.indexOf('CREATE TABLE') - 4
    bytes.writeUInt32LE(0x3ffffff0, at)
    const before = process.memoryUsage().arrayBuffers
    expect(refusal([bytes, Buffer.alloc(1000)])).toMatchObject({ code: 'data-corrupt' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
    bytes.writeUInt32LE(0x40000000, at)
    expect(refusal([bytes])).toMatchObject({ message: expect.stringContaining(`byte ${at - 1}`) })
  })

  test.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['no archive', Buffer.from('-- SQL'), 'PGDMP'],
    ['an archive of before 9.0', writeArchive({ minor: 11, entries: [] }), 'version 1.11'],
    ['an unknown compression', writeArchive({ compression: 9, entries: [] }), 'compression'],
  ])('%s is refused', (_, bytes, message) => {
    expect(refusal([bytes]).message).toContain(message)
  })
})
