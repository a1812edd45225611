import type Docker from 'dockerode'
import { describe, expect, test } from 'vitest'
import { clientOf, isClientOf } from './docker-clients.ts'

const container = (name: string, labels: Record<string, string>, State = 'running') =>
  ({
    Id: name,
    Names: [`/${name}`],
    Image: 'x',
    Labels: labels,
    Ports: [],
    Mounts: [],
    State,
  }) as unknown as Docker.ContainerInfo
const service = (project: string, name: string, more: Record<string, string> = {}) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': name,
  ...more,
})
const client = (labels: Record<string, string>, all: readonly Docker.ContainerInfo[] = []) =>
  clientOf(container('web', labels), all)

describe('a client', () => {
  test.for([
    [{}, undefined],
    [{ 'respaldo.stop': 'true' }, 'stop'],
    [{ 'respaldo.stop': '' }, 'stop'],
    [{ 'respaldo.stop': 'false' }, undefined],
    [{ 'respaldo.pause': 'true' }, 'pause'],
    [{ 'respaldo.pause': 'true', 'respaldo.stop': 'true' }, 'stop'],
    [{ 'respaldo.pause': 'true', 'respaldo.stop': 'false' }, 'pause'],
  ] as const)('whose labels are %j rests by %s', ([labels, rest]) => {
    expect(client(labels).rest).toBe(rest)
  })

  test.for([
    ['running', true],
    ['restarting', true],
    ['paused', false],
    ['exited', false],
    ['created', false],
    ['dead', false],
  ] as const)('that is %s runs: %s', ([state, running]) => {
    expect(clientOf(container('web', {}, state), []).running).toBe(running)
  })

  test('depends on all containers of the services that it depends on, in its own project', () => {
    const all = [
      container('shop-db-2', service('shop', 'db')),
      container('shop-db-1', service('shop', 'db')),
      container('shop-cache-1', service('shop', 'cache')),
      container('shop-other-1', service('shop', 'other')),
      container('blog-db-1', service('blog', 'db')),
      container('db', {}),
    ]
    const depends = { 'com.docker.compose.depends_on': 'db:service_healthy:false,cache:service_started:true' }
    expect(client(service('shop', 'web', depends), all).dependsOn).toEqual([
      'shop-cache-1',
      'shop-db-1',
      'shop-db-2',
    ])
    expect(client(service('shop', 'web'), all).dependsOn).toEqual([])
    expect(client(depends, all).dependsOn).toEqual([])
  })
})

test('a label names one or more databases whose client a container is', () => {
  const one = container('web', { 'respaldo.client-of': 'pc_db, shop.orders' })
  expect(['pc_db', 'shop.orders', 'pc', ''].map(name => isClientOf(one, name))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(isClientOf(container('web', {}), '')).toBe(false)
})
