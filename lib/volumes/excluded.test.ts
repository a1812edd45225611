import { describe, expect, test } from 'vitest'
import { goldenTar, readTar } from '../../tests/doubles/tar-read.ts'
import { writeTar } from '../../tests/doubles/tar-writer.ts'
import { collect, once } from '../bytes.ts'
import { bytesOfText } from './byte-string.ts'
import { excludedBy, excluding } from './excluded.ts'

const fits = (pattern: string, path: string) => excludedBy([pattern])(bytesOfText(path))

describe('a pattern', () => {
  test.each([
    ['*.tmp', 'a.tmp'],
    ['*.tmp', 'deep/down/a.tmp'],
    ['*.tmp', 'folder.tmp/inner'],
    ['node_modules', 'a/node_modules/b/c'],
    ['node_modules/', 'node_modules'],
    ['/tmp', 'tmp'],
    ['/tmp', 'tmp/a/b'],
    ['a/b', 'a/b/c'],
    ['cache/*', 'cache/a/b'],
    ['cache/*/x', 'cache/a/x'],
    ['cache/**', 'cache/a'],
    ['logs/**/*.gz', 'logs/a.gz'],
    ['logs/**/*.gz', 'logs/a/b/c.gz'],
    ['**/x/**/y', 'a/x/b/x/c/y'],
    ['**', 'a'],
    ['a*b*c', 'aXbXbXc'],
    ['a**c', 'abc'],
    ['*', 'a'],
    ['ñ*', 'ñandú'],
    ['a?[b].txt', 'a?[b].txt'],
  ])('%j fits %j', (pattern, path) => expect(fits(pattern, path)).toBe(true))

  test.each([
    ['*.tmp', 'a.tmp.txt'],
    ['/tmp', 'a/tmp'],
    ['a/b', 'x/a/b'],
    ['a/b', 'a/bc'],
    ['cache/*', 'cache'],
    ['cache/**', 'cache'],
    ['cache/*/x', 'cache/a/b/x'],
    ['logs/**/*.gz', 'a/logs/b.gz'],
    ['a*b*c', 'acb'],
    ['ab*ba', 'aba'],
    ['a?c', 'abc'],
    ['A', 'a'],
    ['**', ''],
    ['*', ''],
  ])('%j does not fit %j', (pattern, path) => expect(fits(pattern, path)).toBe(false))

  test.each(['', '/', '//'])('that says nothing is refused: %j', pattern => {
    expect(() => excludedBy([pattern])).toThrow(expect.objectContaining({ code: 'input-invalid' }))
  })

  test('takes no long time for any name', () => {
    const name = bytesOfText(`${'a'.repeat(255)}/`.repeat(100))
    expect(excludedBy([`${'*a'.repeat(50)}*b`, `/${'**/*a*/'.repeat(20)}b`])(name)).toBe(false)
  })
})

describe('excluding', () => {
  const kept = async (tar: Uint8Array, ...patterns: string[]) =>
    readTar(await collect(excluding(once(tar.subarray(0, 999), tar.subarray(999)), patterns)))

  test.each(['gnu-pax.tar', 'gnu-gnu.tar', 'engine-20.10.tar'])(
    'leaves the blocks of all others as they are: %s',
    async name => {
      const tar = goldenTar(name)
      const all = readTar(tar)
      expect(await collect(excluding(once(tar), ['nothing']))).toEqual(tar)
      const left = await kept(tar, 'sticky/inner', 'caf*', 'odd-length', '/deep/*/n*', 'to-*')
      const out = /^volume\/(sticky\/inner|caf\xe9|odd-length|deep\/n+\/n.*|to-long)$/
      expect(left).toEqual(all.filter(({ path }) => !out.test(path)))
      expect(left.length).toBe(all.length - 6)
    },
  )

  test('is refused where a hard link would lose its file', async () => {
    const tar = goldenTar('gnu-pax.tar')
    await expect(kept(tar, 'link-a')).rejects.toMatchObject({
      code: 'input-invalid',
      message: '"volume/link-b" is another name of "volume/link-a", which a pattern excludes',
    })
    expect(await kept(tar, 'link-b')).toHaveLength(34)
    expect(await kept(tar, 'link-*')).toHaveLength(32)
  })

  test('ends as the tar does', async () => {
    const tar = writeTar([{ path: 'volume/' }, { path: 'volume/a' }], 10_240)
    expect(await collect(excluding(once(tar), ['a']))).toEqual(writeTar([{ path: 'volume/' }], 10_240))
    await expect(collect(excluding(once(tar.subarray(0, 1024)), ['a']))).rejects.toThrow('not as a tar ends')
  })
})
