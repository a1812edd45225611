import { expect, test } from 'vitest'
import { parseFreeBytes } from './docker-volume-room.ts'

const head = 'Filesystem           1024-blocks    Used Available Capacity Mounted on'

test.for([
  ['/dev/sda1             102687672 72543180  24881288      75% /respaldo/volume', 24881288 * 1024],
  ['10.0.0.1:/a b 1 2  100 40 60 40% /respaldo/volume', 60 * 1024],
  ['tmpfs 4096 0 4096 0% /respaldo/volume', 4096 * 1024],
  ['df: /respaldo/volume: Permission denied', undefined],
  ['', undefined],
] as const)('free bytes of %j', ([line, bytes]) => {
  expect(parseFreeBytes([head, line])).toBe(bytes)
})
