import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeManifest, encodeManifest, isWhole, type Manifest, scopeKey } from './manifest.ts'

const text = fc.string({ unit: 'grapheme' })
const size = fc.maxSafeNat()
const part = fc.record({ name: text, bytes: size, sha256: text })
const names = fc.array(text, { maxLength: 3 })
const manifests: fc.Arbitrary<Manifest> = fc.record(
  {
    format: fc.constant(1),
    id: text,
    name: text,
    description: fc.string({ unit: 'binary' }),
    labels: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
    kind: fc.constantFrom('regular' as const, 'safety' as const),
    profile: text,
    source: fc.record({
      id: text,
      kind: fc.constant('postgres' as const),
      place: fc.record({ environment: fc.constant('docker' as const), container: text, database: text }),
    }),
    scope: fc.record({ schemaOnly: fc.boolean(), tables: names, schemas: names }, { requiredKeys: [] }),
    type: fc.constantFrom('full' as const, 'incremental' as const),
    reason: text,
    chain: text,
    parent: text,
    started: text,
    finished: text,
    serverRun: fc.record({ id: text, databases: size }, { noNullPrototype: true }),
    server: text,
    client: text,
    archive: fc.record({ format: fc.constant('custom' as const), version: text }),
    chunks: fc.record({ average: size, count: size }),
    sizes: fc.record({ source: size, raw: size, stored: size, new: size }),
    compression: fc.double({ min: -1, max: 1, noNaN: true }).map(value => Number(value.toFixed(4)) || 0),
    totals: fc.record({ tables: size, rows: size }, { requiredKeys: ['tables'] }),
    objects: fc.record({ data: part, index: part, tables: part, globals: part }, { noNullPrototype: true }),
    globals: text,
    host: text,
    tool: text,
  },
  { noNullPrototype: true },
)
const one = fc.sample(manifests, { numRuns: 1, seed: 1 })[0]!

describe('a manifest', () => {
  test('decoding after encoding is identity, and encoding after it too', () => {
    fc.assert(
      fc.property(manifests, manifest => {
        const bytes = encodeManifest(manifest)
        expect(decodeManifest(bytes, 'manifest')).toEqual(manifest)
        expect(encodeManifest(decodeManifest(bytes, 'manifest'))).toEqual(bytes)
      }),
    )
  })

  test('its fields stand one to a line, the sum last', () => {
    const lines = encodeManifest(one).toString().trimEnd().split('\n')
    expect(lines[0]).toBe('{')
    expect(lines.at(-2)).toMatch(/^ "sha256": "[0-9a-f]{64}"$/)
    expect(lines.filter(line => /^ "/.test(line)).map(line => line.split('"')[1])).toEqual([
      ...Object.keys(one),
      'sha256',
    ])
  })

  test('every changed byte is refused, naming the file', () => {
    const bytes = encodeManifest(one)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1
      // Its format is looked at first, because a newer one may have another sum.
      const code = expect.stringMatching(/^(?:data-corrupt|version-mismatch)$/)
      expect(() => decodeManifest(damaged, 'the file'), `byte ${at}`).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining('the file') }),
      )
    }
  })

  test('every cut, and whatever follows, is refused', () => {
    const bytes = encodeManifest(one)
    const corrupt = expect.objectContaining({ code: 'data-corrupt' })
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeManifest(bytes.subarray(0, length), 'm'), `${length} bytes`).toThrow(corrupt)
    for (const more of [' ', '\n', '\0', '{}'])
      expect(() => decodeManifest(Buffer.concat([bytes, Buffer.from(more)]), 'm')).toThrow(corrupt)
  })

  test.each(['', 'null', '1', '"text"', '[]', '{}', '{"format":1}', '{"format":"2"}'])('%j is none', json => {
    expect(() => decodeManifest(Buffer.from(json), 'm')).toThrow(
      expect.objectContaining({ code: 'data-corrupt' }),
    )
  })

  test('of a newer format is told as that, whatever its sum', () => {
    for (const bytes of [encodeManifest({ ...one, format: 2 }), Buffer.from('{"format":3}')])
      expect(() => decodeManifest(bytes, 'm')).toThrow(expect.objectContaining({ code: 'version-mismatch' }))
  })
})

describe('a scope', () => {
  test('is the same in any order and with repetitions, and else another', () => {
    expect(scopeKey({ tables: ['b', 'a', 'b'], schemas: ['s'] })).toBe('schema s, table a b')
    expect(scopeKey({ schemas: ['s'], tables: ['a', 'b'] })).toBe('schema s, table a b')
    const scopes = [{}, { schemaOnly: true }, { tables: ['a'] }, { schemas: ['a'] }, { excludeTables: ['a'] }]
    expect(new Set(scopes.map(scopeKey)).size).toBe(scopes.length)
  })

  test('is whole when nothing is left out', () => {
    expect([{}, { schemaOnly: false }, { tables: [] }].map(isWhole)).toEqual([true, true, true])
    expect([{ schemaOnly: true }, { excludeTables: ['a'] }].map(isWhole)).toEqual([false, false])
  })
})
