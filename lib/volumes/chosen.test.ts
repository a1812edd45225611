import { expect, test } from 'vitest'
import { goldenTar, readTar } from '../../tests/doubles/tar-read.ts'
import { collect, once } from '../bytes.ts'
import { only } from './chosen.ts'

const tar = goldenTar('engine-20.10.tar')
const chosen = (...paths: string[]) => collect(only(once(tar.subarray(0, 9999), tar.subarray(9999)), paths))
const pathsOf = async (...paths: string[]) => readTar(await chosen(...paths)).map(({ path }) => path)

test('files come alone, folders with all beneath, both with the folders above', async () => {
  expect(await pathsOf('sticky/inner')).toEqual(['volume', 'volume/sticky', 'volume/sticky/inner'])
  expect(await pathsOf('ñandú €', '/empty-folder/')).toEqual([
    'volume',
    'volume/empty-folder',
    'volume/Ã±andÃº â\x82¬',
  ])
  expect(await pathsOf('deep')).toHaveLength(5)
  expect(await pathsOf('link-a', 'sticky')).toHaveLength(5)
  expect(await chosen('/')).toEqual(tar)
})

test('what comes is as it was', async () => {
  const all = readTar(tar)
  for (const entry of readTar(await chosen('deep', 'capable', 'setuid', 'two\nlines')))
    expect(all).toContainEqual(entry)
})

test.each(['stick', 'sticky/inner/x', 'nothing', 'sti*'])(
  'a path that is not there is refused: %s',
  async path => {
    await expect(chosen('file', path)).rejects.toMatchObject({
      code: 'input-invalid',
      message: `The backup has no "${path}"`,
    })
  },
)

test('a hard link is refused without the name under which its content stands', async () => {
  await expect(chosen('link-b')).rejects.toMatchObject({
    code: 'input-invalid',
    hint: 'Choose "link-a" too: its content stands there.',
  })
  expect(await pathsOf('link-b', 'link-a')).toEqual(['volume', 'volume/link-a', 'volume/link-b'])
})
