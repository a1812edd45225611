import { describe, expect, test } from 'vitest'
import { disarm, rearm } from './embedded-restrict.ts'

/** What pglite-tools deletes from every dump. */
const deleted = /^(?:\\(?:un)?restrict\b.*\r?\n?)/gim

describe('lines that pglite-tools would delete', () => {
  test.each([
    'a\n\\restrict b',
    'a\r\n\\UnRestrict\nb',
    'a\r\\restrict',
    'ñ\u2028\\restrict x',
    'ñ\u2029\\unrestrict x',
    'a\n\\restrict\n\\restrict',
  ])('%j is kept and comes back', text => {
    const bytes = Buffer.from(text)
    expect(disarm(bytes)).toBe(true)
    expect(bytes.toString()).not.toMatch(deleted)
    expect(rearm(bytes)).toBe(true)
    expect(bytes.toString()).toBe(text)
  })

  test.each(['', '\\', 'a\\restrict', 'a\n\\x00ff', 'a\n restrict', '\\\n\\.\n', 'É¨\\restrict'])(
    '%j is not one',
    text => {
      const bytes = Buffer.from(text)
      expect(disarm(bytes)).toBe(false)
      expect(bytes.toString()).toBe(text)
    },
  )
})
