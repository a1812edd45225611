import { describe, expect, test } from 'vitest'
import { openDocker, parseDockerHost } from './docker-client.ts'

describe('DOCKER_HOST', () => {
  test.for([
    ['unix:///run/d.sock', { socketPath: '/run/d.sock' }],
    ['unix://', {}],
    ['tcp://build:2375', { host: 'build', port: 2375, protocol: 'http' }],
    ['tcp://build', { host: 'build', port: 2375, protocol: 'http' }],
    ['tcp://build:2376', { host: 'build', port: 2376, protocol: 'https' }],
    ['https://build/', { host: 'build', port: 2376, protocol: 'https' }],
    ['build:1234', { host: 'build', port: 1234, protocol: 'http' }],
    ['tcp://[::1]:2375', { host: '::1', port: 2375, protocol: 'http' }],
  ] as const)('%s', ([value, address]) => {
    expect(parseDockerHost(value)).toEqual(address)
  })

  test('with TLS asked for', () => {
    expect(parseDockerHost('tcp://build', { tls: true })).toEqual({
      host: 'build',
      port: 2376,
      protocol: 'https',
    })
  })

  test.for(['ssh://me@build', 'ftp://x', 'tcp://', 'tcp://a:b:c'])('%s is refused with a hint', value => {
    expect(() => parseDockerHost(value)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })
})

test("the client takes nothing from the process's own variables", async () => {
  const before = process.env.DOCKER_HOST
  process.env.DOCKER_HOST = 'tcp://elsewhere:2376'
  try {
    const { modem } = await openDocker({ socketPath: '/run/d.sock' })
    expect(modem).toMatchObject({ socketPath: '/run/d.sock', host: undefined, protocol: 'http' })
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST
    else process.env.DOCKER_HOST = before
  }
})
