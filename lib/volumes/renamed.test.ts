import { expect, test } from 'vitest'
import { goldenTar, readTar } from '../../tests/doubles/tar-read.ts'
import { gnuLong, type MadeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'
import { collect, once } from '../bytes.ts'
import { renamedRoot } from './renamed.ts'

const renamed = (tar: Uint8Array) => collect(renamedRoot(once(tar.subarray(0, 777), tar.subarray(777))))

/** The same entries under another root, names that do not fit in extended headers of pax. */
function madeOf(name: string, root: string): MadeEntry[] {
  const types = { file: '0', folder: '5', symlink: '2', 'hard link': '1', fifo: '6', 'character device': '3' }
  return readTar(goldenTar(name)).map(entry => {
    const moved = (path: string) => path.replace(/^volume/, root)
    const slash = entry.kind === 'folder' ? '/' : ''
    const link = entry.kind === 'hard link' ? moved(entry.link) : entry.link
    const xattrs = [...entry.xattrs].map(([key, value]) => [`SCHILY.xattr.${key}`, value])
    return {
      ...entry,
      path: 'replaced',
      content: 'x'.repeat(entry.size),
      type: { ...types, 'block device': '4' }[entry.kind],
      device: [entry.deviceMajor, entry.deviceMinor],
      mtime: Math.max(0, entry.mtime),
      uid: 0,
      gid: 0,
      pax: {
        path: `${moved(entry.path)}${slash}`,
        ...(link ? { linkpath: link } : {}),
        ...Object.fromEntries(xattrs),
      },
    }
  })
}

test.each(['.', 'data', 'a-root-with-a-name-that-is-rather-long'])(
  'the tar of %s becomes that of a volume',
  async root => {
    const tar = await renamed(writeTar(madeOf('gnu-pax.tar', root)))
    expect(readTar(tar)).toEqual(readTar(writeTar(madeOf('gnu-pax.tar', 'volume'))))
  },
)

test('only the blocks of heads are others, and names that became shorter need no extended header', async () => {
  const content = 'x'.repeat(2000)
  const made = (root: string) => writeTar([{ path: `${root}/` }, { path: `${root}/a`, content }], 5000)
  expect(await renamed(made('data-data'))).toEqual(made('volume'))
  expect(
    await renamed(writeTar([{ path: 'data/' }, { path: 'x', pax: { path: 'data/a' }, content }], 5000)),
  ).toEqual(made('volume'))
})

test('the beginning of a name may stand elsewhere in the header', async () => {
  const tar = writeTar([{ path: 'data/' }, { path: 'a', raw: { 345: 'data/folder' } }])
  expect(await renamed(tar)).toEqual(writeTar([{ path: 'volume/' }, { path: 'volume/folder/a' }]))
})

test("GNU's long names are replaced, and its times stay where others have a part of the name", async () => {
  const long = 'n'.repeat(120)
  const times = { magic: 'gnu', raw: { 345: '14524770000\x0014524770001\0' } } as const
  const made = (root: string) =>
    Buffer.concat([
      writeTar([{ path: `${root}/`, ...times }], 0),
      ...gnuLong('L', `${root}/${long}`),
      ...gnuLong('K', `${root}/${long}x`),
      writeTar([{ path: 'cut', type: '1', ...times }]),
    ])
  const tar = await renamed(made('.'))
  expect(readTar(tar)).toEqual(readTar(made('volume')))
  expect(tar.indexOf('14524770000\x0014524770001')).toBe(345)
})

test('the tar of a volume stays as it is', async () => {
  const tar = goldenTar('engine-20.10.tar')
  expect(await renamed(tar)).toEqual(tar)
})

test.each([
  ['a file first', [{ path: 'a' }]],
  ['something beside its folder', [{ path: 'data/' }, { path: 'other' }]],
  ['a hard link to something beside', [{ path: 'data/' }, { path: 'data/a', type: '1', link: 'other' }]],
])('a tar with %s is refused', async (_, entries) => {
  await expect(renamed(writeTar(entries))).rejects.toMatchObject({ code: 'input-invalid' })
})
