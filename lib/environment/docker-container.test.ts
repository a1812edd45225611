import { describe, expect, test } from 'vitest'
import { readContainer, reasonOf } from './docker-container.ts'
import { imageName } from './server-image.ts'

const plain = { labels: {}, opens5432: false }

describe('a container is a source', () => {
  test.for([
    'postgres',
    'postgres:15',
    'postgres:16-alpine',
    'docker.io/library/postgres@sha256:0123',
    'localhost:5000/my/postgres:15@sha256:0123',
    'postgis/postgis:16-3.4',
    'timescale/timescaledb-ha:pg16',
    'timescale/timescaledb:latest-pg16',
    'pgvector/pgvector:pg17',
    'bitnami/postgresql:16',
    'bitnami/postgresql-repmgr:16',
    'supabase/postgres:15.1',
    'ghcr.io/cloudnative-pg/postgresql:17',
    'ghcr.io/zalando/spilo-16:3.2',
    'citusdata/citus:12',
    'apache/age',
    'ghcr.io/immich-app/postgres:14-vectorchord',
    'acme/shop-postgres:1',
  ])('by its image: %s', image => {
    expect(reasonOf({ ...plain, image })).toBe(`image ${image}`)
  })

  test.for([
    'edoburu/pgbouncer',
    'bitnami/pgpool',
    'prometheuscommunity/postgres-exporter',
    'dpage/pgadmin4',
    'prodrigestivill/postgres-backup-local:16',
    'postgrest/postgrest',
    'acme/postgres-operator',
    'postgres-client:16',
  ])('not by a companion of it: %s, also when that opens 5432', image => {
    expect(reasonOf({ ...plain, image, opens5432: true })).toBeUndefined()
  })

  test.for(['nginx', 'mysql:8', 'redis', 'images', 'acme/storage', 'my-package'])(
    'not by any other image: %s',
    image => {
      expect(reasonOf({ ...plain, image })).toBeUndefined()
    },
  )

  test('by an open 5432', () => {
    expect(reasonOf({ ...plain, image: 'acme/db', opens5432: true })).toBe('port 5432 is open')
  })

  test('by the label, whatever its image; not when the label says false', () => {
    const labelled = (value: string) =>
      reasonOf({ image: 'x', labels: { 'respaldo.source': value }, opens5432: false })
    expect(labelled('shop')).toBe('label respaldo.source=shop')
    expect(labelled('')).toBe('label respaldo.source')
    expect(reasonOf({ ...plain, image: 'postgres', labels: { 'respaldo.source': 'false' } })).toBeUndefined()
  })

  test('the name of an image is the last segment of its repository', () => {
    expect(imageName('reg:5000/a/b/c-d:tag@sha256:00')).toBe('c-d')
    expect(imageName('sha256:0123')).toBe('sha256')
  })
})

describe('what inspect tells', () => {
  const info = (config: object, state: object = {}) =>
    readContainer({
      Id: 'abc',
      Name: '/pc_db',
      Config: { Image: 'postgres', Env: [], Labels: null, ...config },
      State: { Status: 'running', ...state },
      HostConfig: {},
    } as unknown as Parameters<typeof readContainer>[0])

  test('values of variables keep their equals signs', () => {
    expect(info({ Env: ['A=b=c', 'EMPTY=', 'BARE'] }).env).toMatchObject({ A: 'b=c', EMPTY: '' })
  })

  test.for([
    [{}, undefined],
    [{ Env: ['PGPORT=5433'] }, 5433],
    [{ Env: ['PGPORT=x'] }, undefined],
    [{ Cmd: ['postgres', '-p', '5434'] }, 5434],
    [{ Cmd: ['postgres', '-c', 'port=5435'], Env: ['PGPORT=5433'] }, 5435],
    [{ Cmd: ['postgres', '--port=5436'] }, 5436],
    [{ Cmd: ['postgres', '-c', 'port=99999'] }, undefined],
  ] as const)('the port of %j is %s', ([config, port]) => {
    expect(info(config).port).toBe(port)
  })

  test('pausing and restarting are states of their own', () => {
    expect(info({}, { Paused: true }).state).toBe('paused')
    expect(info({}, { Restarting: true }).state).toBe('restarting')
    expect(info({}, { Status: 'exited' }).state).toBe('exited')
  })
})
