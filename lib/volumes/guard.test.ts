import { expect, test } from 'vitest'
import { goldenTar } from '../../tests/doubles/tar-read.ts'
import { type MadeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'
import { collect, once } from '../bytes.ts'
import { walkedBy } from '../walker.ts'
import { tarGuard } from './guard.ts'
import { volumeWalker } from './volume-walker.ts'

const guarded = (tar: Uint8Array) => collect(walkedBy(volumeWalker(tarGuard()), once(tar)).bytes)

const root = { path: 'volume/' }
const symlink = (path: string, link = '/etc'): MadeEntry => ({ path, type: '2', link })
const hardLink = (path: string, link: string): MadeEntry => ({ path, type: '1', link })

test.each(['engine-20.10.tar', 'gnu-pax.tar', 'gnu-gnu.tar', 'gnu-ustar.tar', 'gnu-v7.tar'])(
  'what volumes hold passes, wherever its symlinks point: %s',
  async name => {
    expect(await guarded(goldenTar(name))).toEqual(goldenTar(name))
  },
)

test.each<[string, MadeEntry[], string]>([
  ['an absolute name', [{ path: '/etc/passwd' }], '"/etc/passwd" has an absolute name'],
  ['a name that climbs', [{ path: 'volume/../../etc' }], 'climbs'],
  ['a name that climbs at its end', [{ path: 'volume/..' }], 'climbs'],
  ['a folder that climbs', [{ path: '../' }], 'climbs'],
  ['a long name that climbs', [{ path: 'x', pax: { path: `volume/${'a/'.repeat(99)}../x` } }], 'climbs'],
  ['a name outside', [{ path: 'etc/passwd' }], 'not plainly in volume/'],
  ['a name with a point', [{ path: 'volume/./a' }], 'not plainly in volume/'],
  ['a hard link to outside', [hardLink('volume/a', '/etc/passwd')], 'is a hard link to "/etc/passwd"'],
  ['a hard link that climbs', [hardLink('volume/a', 'volume/../etc')], 'is a hard link to "volume/../etc"'],
  [
    'a hard link through a symlink',
    [symlink('volume/s'), hardLink('volume/a', 'volume/s/x')],
    'goes through',
  ],
  ['a file through a symlink', [symlink('volume/s'), { path: 'volume/s/x' }], 'goes through "volume/s"'],
  ['a folder through a symlink', [symlink('volume/s', '..'), { path: 'volume/s/a/b/' }], 'goes through'],
  [
    'a file through another name of a symlink',
    [symlink('volume/s'), hardLink('volume/h', 'volume/s'), { path: 'volume/h/x' }],
    'goes through "volume/h"',
  ],
  ['a file in the place of a symlink', [symlink('volume/s'), { path: 'volume/s' }], 'takes the place'],
  ['a folder in the place of a symlink', [symlink('volume/s'), { path: 'volume/s/' }], 'takes the place'],
  [
    'a symlink in the place of a folder',
    [{ path: 'volume/a/' }, symlink('volume/a')],
    'in the place of a folder',
  ],
  [
    'a symlink in the place of a folder that only its files tell of',
    [{ path: 'volume/a/b/c' }, symlink('volume/a')],
    'in the place of a folder',
  ],
  ['a symlink for a root', [symlink('volume')], 'takes the place of the volume itself'],
  ['a device for a root', [{ path: 'volume', type: '3' }], 'takes the place of the volume itself'],
])('%s is refused', async (_, entries, message) => {
  await expect(guarded(writeTar([root, ...entries, { path: 'volume/rest' }]))).rejects.toMatchObject({
    code: 'restore-unsafe',
    message: expect.stringContaining(message),
  })
})

test('nothing of what is refused has passed, and its name does no harm where it is told', async () => {
  const walked = walkedBy(
    volumeWalker(tarGuard()),
    once(writeTar([root], 0), writeTar([{ path: '/\u001b[2J' }])),
  )
  const passed: Uint8Array[] = []
  const read = async () => {
    for await (const piece of walked.bytes) passed.push(piece)
  }
  await expect(read()).rejects.toThrow('"/\\x1b[2J"')
  expect(passed).toEqual([writeTar([root], 0)])
})

test.each<[string, MadeEntry[]]>([
  ['a folder twice', [{ path: 'volume/a/' }, { path: 'volume/a/b' }, { path: 'volume/a/' }]],
  ['a file twice', [{ path: 'volume/a' }, { path: 'volume/a' }]],
  ['names that begin like a symlink', [symlink('volume/s'), { path: 'volume/s2/x' }, { path: 'volume/ss' }]],
  ['names with points', [{ path: 'volume/..a/b..' }, { path: 'volume/...' }, { path: 'volume/.a' }]],
])('%s does no harm', async (_, entries) => {
  await guarded(writeTar([root, ...entries]))
})
