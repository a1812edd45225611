import { describe, expect, test } from 'vitest'
import { readTar, tarRefusal } from '../../tests/doubles/tar-read.ts'
import { type MadeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'

const one = (more: Partial<MadeEntry> = {}) => writeTar([{ path: 'volume/a', ...more }])
const read = (more: Partial<MadeEntry> = {}) => readTar(one(more))[0]!
const refused = (more: Partial<MadeEntry>) => tarRefusal(one(more))

/** A number as GNU writes what octal digits have no room for. */
function base256(value: bigint, bytes: number): string {
  const digits = BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(bytes * 2, '0')
  const field = Buffer.from(digits, 'hex')
  field[0]! |= 0x80
  return field.toString('latin1')
}

describe('numbers', () => {
  test('may be octal between blanks, or missing', () => {
    expect(read({ raw: { 100: '  644 \0 ', 108: '\0\0\0\0\0\0\0\0' } })).toMatchObject({
      mode: 0o644,
      uid: 0,
    })
    expect(read({ raw: { 100: '0100644\0' } }).mode).toBe(0o644)
    expect(read({ raw: { 136: '77777777777\0' } }).mtime).toBe(2 ** 33 - 1)
  })

  test('may have more bits than octal digits have room for', () => {
    expect(read({ raw: { 108: base256(4294967294n, 8), 116: base256(3000000000n, 8) } })).toMatchObject({
      uid: 4294967294,
      gid: 3000000000,
    })
    expect(read({ raw: { 136: base256(-86400n, 12) } }).mtime).toBe(-86400)
    expect(read({ raw: { 136: base256(2n ** 33n, 12) } }).mtime).toBe(2 ** 33)
  })

  test.each([
    ['digits that are none', { 124: '0000000009\0\0' }],
    ['something behind the digits', { 124: '00000000\x001\0\0' }],
    ['digits behind NULs, which readers take for different sizes', { 124: '\0\x00000001000' }],
    ['a size below nothing', { 124: base256(-1n, 12) }],
    ['a size that no number holds', { 124: base256(2n ** 60n, 12) }],
    ['an owner below nothing', { 108: base256(-1n, 8) }],
    ['a sign', { 108: '-000001\0' }],
  ])('are refused with %s', (_, raw) => {
    expect(refused({ raw })).toMatchObject({ code: 'data-corrupt', context: { offset: 0 } })
    expect(refused({ raw }).message).toContain('without a valid')
  })
})

test('any changed bit of a header is seen', () => {
  const tar = one()
  for (let bit = 0; bit < 512 * 8; bit++) {
    if (bit >> 3 >= 148 && bit >> 3 < 156) continue // the sum itself, which may be written in several ways
    const changed = Buffer.from(tar)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    expect(tarRefusal(changed).code).toBe('data-corrupt')
  }
  expect(refused({ raw: { 148: '000000\0 ' } }).message).toContain('checksum does not fit')
})

describe('the format', () => {
  const prefix = { 345: 'volume/folder' }

  test('decides whether the name goes on elsewhere', () => {
    expect(read({ path: 'a', raw: prefix }).path).toBe('volume/folder/a')
    expect(read({ path: 'a', raw: prefix, magic: 'v7' }).path).toBe('a')
    expect(read({ path: 'a', raw: { 345: '14524770000\x0014524770001\0' }, magic: 'gnu' }).path).toBe('a')
    expect(read({ path: 'a'.repeat(100) }).path).toBe('a'.repeat(100))
  })

  test('must not be one that readers take for different ones', () => {
    expect(refused({ path: 'a', raw: prefix, magic: 'gnu' }).message).toContain('gnuAtime')
    expect(refused({ path: 'a', raw: { ...prefix, 508: 'tar\0' } })).toMatchObject({ code: 'input-invalid' })
  })
})
