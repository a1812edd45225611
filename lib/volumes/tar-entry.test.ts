import { describe, expect, test } from 'vitest'
import { goldenTar, readTar, tarRefusal } from '../../tests/doubles/tar-read.ts'
import { gnuLong, type MadeEntry, paxText, writeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'

const read = (entry: MadeEntry) => readTar(writeTar([entry]))[0]!
const refused = (entry: MadeEntry) => tarRefusal(writeTar([entry]))
const file = { path: 'short' }

describe('extended headers', () => {
  test('say more than the header has room for', () => {
    const long = 'é\n'.repeat(300)
    const pax = { path: long, size: '3', uid: '4294967294', gid: '3000000000', mtime: '8589934592.999' }
    expect(read({ ...file, content: 'abc', pax })).toMatchObject({
      path: long,
      size: 3,
      uid: 4294967294,
      gid: 3000000000,
      mtime: 8589934592,
    })
    expect(read({ ...file, type: '2', pax: { linkpath: long } }).link).toBe(long)
    expect(read({ ...file, pax: { path: '', comment: 'x', atime: '1', hdrcharset: 'BINARY' } }).path).toBe(
      'short',
    )
  })

  test.each([
    ['1.999999999', 1],
    ['-1', -1],
    ['-1.5', -2],
    ['-1.000', -1],
    ['-0.5', -1],
    ['0', 0],
    ['7.', 7],
  ])('a time of %s is rounded down', (mtime, seconds) => {
    expect(read({ ...file, pax: { mtime } }).mtime).toBe(seconds)
  })

  test('of GNU have long names and links', () => {
    const [path, link] = ['p\xe9'.repeat(90), 'l\n'.repeat(90)]
    const head = [...gnuLong('K', link), ...gnuLong('L', path)]
    const tar = Buffer.concat([...head, writeTar([{ ...file, type: '2', magic: 'gnu' }])])
    expect(readTar(tar)[0]).toMatchObject({ path, link })
  })

  test('have attributes, whose values are any bytes', () => {
    const value = '\x01\0\0\x02=\n\xff'
    const entry = read({ ...file, pax: { 'SCHILY.xattr.security.capability': value, 'SCHILY.dev': '1' } })
    expect([...entry.xattrs]).toEqual([['security.capability', value]])
  })

  test.each([
    ['a length that is too short', '5 path=abc\n'],
    ['a length that is too long', '19 path=abc\n'],
    ['no length', 'path=abc\n'],
    ['no key', '8 =abcd\n'],
    ['no equals sign', '8 abcde\n'],
    ['no newline', '11 path=abcd'],
    ['NULs behind them', `${paxText({ path: 'abc' })}\0\0`],
  ])('are refused with %s', (_, content) => {
    const tar = Buffer.concat([...writeEntry({ path: 'x', type: 'x', content }), writeTar([file])])
    expect(tarRefusal(tar)).toMatchObject({ code: 'data-corrupt' })
    expect(tarRefusal(tar).message).toContain('without a valid record')
  })

  test.each([
    ['a size that is none', { size: '1e3' }, 'valid size'],
    ['a size that no number holds', { size: '9'.repeat(16) }, 'valid size'],
    ['a negative owner', { uid: '-1' }, 'valid uid'],
    ['a time that is none', { mtime: 'now' }, 'valid mtime'],
    ['a name with a NUL, where readers would end it', { path: 'a\0b' }, 'path with a NUL'],
  ])('are refused with %s', (_, pax, message) => {
    expect(refused({ ...file, pax }).code).toBe('data-corrupt')
    expect(refused({ ...file, pax }).message).toContain(message)
  })

  test('are refused when they contradict each other, lead to nothing, or have no end', () => {
    const twice = [...gnuLong('L', 'a'), ...writeEntry({ ...file, pax: { path: 'b' } })]
    expect(tarRefusal(Buffer.concat([...twice, Buffer.alloc(1024)])).message).toContain('path twice')
    const alone = Buffer.concat([...gnuLong('L', 'a'), Buffer.alloc(1024)])
    expect(tarRefusal(alone).message).toContain('without an entry')
    const endless = refused({ ...file, pax: { comment: 'x'.repeat(2 ** 20) } })
    expect(endless.message).toContain('more than 1 MiB')
  })
})

describe('what an entry is', () => {
  test.each([
    ['\0', 'file', {}],
    ['0', 'file', {}],
    ['7', 'file', {}],
    ['1', 'hard link', { link: 'volume/a' }],
    ['2', 'symlink', { link: '../x/' }],
    ['3', 'character device', { deviceMajor: 8, deviceMinor: 17 }],
    ['4', 'block device', { deviceMajor: 8, deviceMinor: 17 }],
    ['5', 'folder', {}],
    ['6', 'fifo', {}],
  ] as const)('with the mark %j: a %s', (type, kind, more) => {
    const link = 'link' in more ? { link: more.link } : {}
    expect(read({ path: 'volume/x', type, device: [8, 17], ...link })).toMatchObject({
      kind,
      link: '',
      ...more,
    })
  })

  test('a folder by its name where there is no mark, and no name ends with a slash', () => {
    expect(read({ path: 'volume/a//', type: '\0' })).toMatchObject({ kind: 'folder', path: 'volume/a' })
    expect(read({ path: 'volume/a/', type: '1', link: 'volume/b/' })).toMatchObject({ link: 'volume/b' })
    expect(read({ path: '//', type: '5' }).path).toBe('/')
  })

  test.each(['1', '2', '5', '6'])(
    'nothing of the type %s has content, as not all readers would skip it',
    type => {
      expect(refused({ path: 'volume/x', type, content: 'x', link: 'y' }).message).toContain('with content')
      expect(refused({ path: 'volume/x/', type: '0', content: 'x' }).message).toContain(
        'a folder with content',
      )
    },
  )

  test('has to have a name', () => {
    expect(refused({ path: '' }).message).toContain('without a name')
  })

  test.each(['g', 'S', 'M', 'V', 'D', 'X', 'A'])('the mark %s is not read', type => {
    expect(refused({ path: 'volume/x', type })).toMatchObject({ code: 'input-invalid' })
  })

  test.each(['sparse-gnu.tar', 'sparse-pax.tar'])('sparse files are not read: %s', name => {
    expect(tarRefusal(goldenTar(name))).toMatchObject({ code: 'input-invalid' })
    expect(tarRefusal(goldenTar(name)).hint).toContain('--sparse')
  })
})
