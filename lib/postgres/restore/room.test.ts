import { expect, test } from 'vitest'
import { parseAvailable } from './room.ts'

const head = 'Filesystem     1024-blocks     Used Available Capacity Mounted on'

test.each([
  ['overlay           263174212 22948384  83461280      22% /', 83_461_280],
  ['/dev/mapper/a name with 12 34 words  1000 600 400 60% /var/lib/my data', 400],
  ['tmpfs 0 0 0 - /dev/shm', 0],
  ['server:/export 1000 1100 -100 110% /mnt', 0],
])('free is the fourth column of %s', (line, blocks) => {
  expect(parseAvailable(`${head}\n${line}\n`)).toBe(blocks * 1024)
})

test.each(['', head, 'df: /nowhere: No such file or directory', `${head}\noverlay 1 2 3`])(
  'is not known from %j',
  output => {
    expect(parseAvailable(output)).toBeUndefined()
  },
)
