import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goldenTar } from '../../tests/doubles/tar-read.ts'
import { type MadeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'
import { once } from '../bytes.ts'
import { nameDifferences } from './entry-names.ts'
import { fingerprintOf } from './fingerprint.ts'
import { compareFingerprints } from './fingerprint-compare.ts'

const print = (tar: Uint8Array) => fingerprintOf(once(tar))

/** What is told of two tars, as sentences. */
async function differences(backup: Uint8Array, restored: Uint8Array): Promise<string[]> {
  const [one, other] = [await print(backup), await print(restored)]
  const difference = compareFingerprints(one, other)
  expect(one.digest === other.digest).toBe(difference === undefined)
  if (!difference) return []
  const named = await nameDifferences(difference, { backup: once(backup), restored: once(restored) })
  return named.map(({ object, what }) => `${object} ${what}`)
}

const root = { path: 'volume/', mode: 0o755 }
const file = { path: 'volume/a', content: 'one\n' }
const linked = (first: string, ...names: string[]): MadeEntry[] => [
  { path: first, content: 'shared' },
  ...names.map(path => ({ path, type: '1', link: first })),
]

test('what came back through the engine is equal but for what that cannot carry', async () => {
  const made = goldenTar('gnu-pax.tar')
  expect(await differences(made, goldenTar('gnu-gnu.tar'))).toEqual([
    '"volume/capable" has another attribute security.capability, or none',
  ])
  expect(await differences(made, goldenTar('engine-20.10.tar'))).toEqual([
    '"volume/past" has mtime 0 instead of -86400',
  ])
  expect(await print(made)).toMatchObject({
    entries: 35,
    bytes: 1589,
    digest: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
})

describe('two volumes', () => {
  const compared = (change: Partial<MadeEntry>, entry: MadeEntry = file) =>
    differences(writeTar([root, entry]), writeTar([root, { ...entry, ...change }]))
  const link = { path: 'volume/l', type: '2', link: 'a' }
  const device = { path: 'volume/d', type: '3', device: [1, 3] as const }

  test.each([
    ['mode', { mode: 0o4755 }, 'mode 4755 instead of 0644'],
    ['owner', { uid: 70, gid: 71 }, 'owner 70:71 instead of 0:0'],
    ['time', { mtime: 1 }, 'mtime 1 instead of 1700000000'],
    ['content', { content: 'two\n' }, 'other content'],
    ['length', { content: 'three\n' }, 'size 6 instead of 4, other content'],
    ['type', { content: '', type: '6' }, 'type fifo instead of file'],
    ['attributes', { pax: { 'SCHILY.xattr.a': 'x' } }, 'another attribute a'],
  ])('differ by the %s of a file', async (_, change, message) => {
    expect(await compared(change)).toEqual([expect.stringContaining(`"volume/a" has ${message}`)])
  })

  test('differ by the target of a symlink, the number of a device, the mode of a folder', async () => {
    expect(await compared({ link: 'b' }, link)).toEqual(['"volume/l" has target b instead of a'])
    expect(await compared({ device: [1, 5] }, device)).toEqual(['"volume/d" has device 1:5 instead of 1:3'])
    expect(await compared({ mode: 0o1777 }, { ...root, path: 'volume/f/' })).toEqual([
      '"volume/f" has mode 1777 instead of 0755',
    ])
  })

  test('do not differ by what nobody can set or what comes by itself', async () => {
    expect(await compared({ mode: 0o777, mtime: 1 }, link)).toEqual([])
    expect(await compared({ mtime: 1 }, { path: 'volume/f/' })).toEqual([])
    expect(await compared({ mtime: 1 }, device)).toEqual([])
    expect(await compared({ pax: { mtime: '1700000000.9' } })).toEqual([])
  })

  test('differ by what is missing and what is more, ten of them by name', async () => {
    const many = Array.from({ length: 25 }, (_, number) => ({ path: `volume/${number}` }))
    const told = await differences(writeTar([root, ...many]), writeTar([root, file]))
    expect(told[0]).toBe('"volume/0" did not come back')
    expect(told.slice(9)).toEqual(['"volume/9" did not come back', 'and 16 more'])
  })
})

describe('hard links', () => {
  const names = ['volume/a', 'volume/b', 'volume/c']
  const [a, b, c] = names as [string, string, string]

  test('are the same whichever name comes first, and through another link', async () => {
    const one = writeTar([root, ...linked(a, b, c)])
    expect(await differences(one, writeTar([...linked(c, a, b), root]))).toEqual([])
    const through = [...linked(a, b), { path: c, type: '1', link: b }]
    expect(await differences(one, writeTar([root, ...through]))).toEqual([])
  })

  test('are not the same as equal files, or other links between the same names', async () => {
    const shared = 'is another file, or shares it with other names'
    const apart = [...linked(a, b), ...linked(c)]
    expect(await differences(writeTar([...linked(a, b, c)]), writeTar(apart))).toEqual([
      `"${a}" shares its file with other names`,
      `"${b}" ${shared}`,
      `"${c}" ${shared}`,
    ])
    const other = [...linked(a, c), ...linked(b)]
    expect(await differences(writeTar(apart), writeTar(other))).toHaveLength(3)
  })

  test('have the owner, mode and content of their file', async () => {
    const changed = [
      { path: b, content: 'shared', mode: 0o600 },
      { path: a, type: '1', link: b },
    ]
    expect(await differences(writeTar(linked(a, b)), writeTar(changed))).toHaveLength(2)
  })

  test('to nothing, and two entries of one name, are no volume', async () => {
    const corrupt = (message: string) => ({ code: 'data-corrupt', message: expect.stringContaining(message) })
    const toNothing = [{ path: a, type: '1', link: 'volume/\nx' }]
    await expect(print(writeTar(toNothing))).rejects.toMatchObject(corrupt('link to "volume/\\x0ax"'))
    await expect(print(writeTar([file, file]))).rejects.toMatchObject(corrupt('"volume/a" twice'))
  })
})

test('no order and no cut changes a fingerprint', async () => {
  const entries = fc.uniqueArray(
    fc.record({ path: fc.nat(50).map(number => `volume/${number}`), content: fc.string({ maxLength: 5 }) }),
    { selector: ({ path }) => path, maxLength: 30 },
  )
  const shuffled = entries.chain(list =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  await fc.assert(
    fc.asyncProperty(shuffled, fc.nat(20_000), async ([list, other], at) => {
      const tar = writeTar(other)
      const one = await print(writeTar(list))
      const two = await fingerprintOf(once(tar.subarray(0, at), tar.subarray(at)))
      expect(two.digest).toBe(one.digest)
      expect(compareFingerprints(one, two)).toBeUndefined()
    }),
  )
})

test('a fingerprint of a tar that is cut is none', async () => {
  await expect(print(goldenTar('gnu-pax.tar').subarray(0, -1024))).rejects.toThrow('not as a tar ends')
})
