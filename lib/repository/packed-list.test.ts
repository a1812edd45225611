import { expect, test } from 'vitest'
import { packedList } from './packed-list.ts'

test('a packed list has the items that its numbers make', () => {
  const list = packedList(Uint32Array.of(1, 2, 3, 0xffffffff), 2, (words, at) => [words[at], words[at + 1]])
  const items = [
    [1, 2],
    [3, 0xffffffff],
  ]
  expect([...list]).toEqual(items)
  expect([list.at(0), list.at(1), list.at(2), list.length]).toEqual([...items, undefined, 2])
})
