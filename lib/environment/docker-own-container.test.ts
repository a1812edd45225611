import { expect, test } from 'vitest'
import { containerOf } from './docker-own-container.ts'

const id = '4f2b'.repeat(16)

test.each([
  ['of Docker', `/var/lib/docker/containers/${id}/hostname`],
  ['of Podman', `/var/lib/containers/storage/overlay-containers/${id}/userdata/hostname`],
])('a container %s is known by where its host name comes from', (_, file) => {
  const lines = [
    '611 602 0:57 / /proc rw,nosuid - proc proc rw',
    `633 611 254:1 ${file} /etc/hostname rw,relatime - ext4 /dev/vda1 rw`,
  ]
  expect(containerOf(lines.join('\n'))).toBe(id)
})

test('a host is none, whatever its containers mount', () => {
  const other = `/var/lib/docker/containers/${id}`
  expect(
    containerOf(`95 30 0:60 / ${other}/mounts/shm rw - tmpfs shm rw\n96 30 0:4 net:[1] ${other}/hostname rw`),
  ).toBe(undefined)
})
