import { expect, test } from 'vitest'
import { type ScratchOrigin, scratchOptions } from './docker-scratch-options.ts'
import type { ScratchWishes } from './environment.ts'

const origin: ScratchOrigin = {
  image: 'sha256:abc',
  config: { Cmd: ['postgres'], Env: ['PGDATA=/var/lib/postgresql/data', 'PG_MAJOR=17'], User: '' },
  env: {},
  user: 'shop',
}
const wishes: ScratchWishes = {
  run: 'r1',
  place: { environment: 'docker', container: 'pc_db', database: 'shop' },
  isPlaceLost: false,
  settings: {},
  databaseBytes: 1e9,
  maker: { host: 'here', pid: 7, startedAt: 'boot/1' },
  isAlive: () => undefined,
}
const made = (more: Partial<ScratchWishes> = {}, from: Partial<ScratchOrigin> = {}) =>
  scratchOptions({ ...origin, ...from }, { ...wishes, ...more }, 's3cret')
const variables = (options: ReturnType<typeof made>) =>
  Object.fromEntries((options.Env ?? []).map(entry => entry.split(/=(.*)/s)))

test('it is on no network, has a limit of memory, runs no init scripts, and says whose it is', () => {
  const { Image, HostConfig, Labels } = made()
  expect(Image).toBe('sha256:abc')
  expect(HostConfig).toMatchObject({ NetworkMode: 'none', Memory: 1024 ** 3 })
  expect(HostConfig?.Tmpfs).toHaveProperty('/docker-entrypoint-initdb.d')
  expect(HostConfig).not.toHaveProperty('Binds')
  expect(Labels).toEqual({
    'respaldo.source': 'false',
    'respaldo.scratch': 'r1',
    'respaldo.scratch.host': 'here',
    'respaldo.scratch.pid': '7',
    'respaldo.scratch.started': 'boot/1',
  })
})

test("it gets the source's settings, and no job of pg_cron that came back runs", () => {
  const settings = { shared_preload_libraries: 'pg_cron, other', max_locks_per_transaction: '128' }
  expect(made({ settings }).Cmd).toEqual(
    expect.arrayContaining([
      'shared_preload_libraries=pg_cron, other',
      'max_locks_per_transaction=128',
      'cron.launch_active_jobs=off',
    ]),
  )
  expect(made().Cmd).not.toContain('cron.launch_active_jobs=off')
})

test("of the source's variables only those go along that make a server's files", () => {
  const env = {
    POSTGRES_PASSWORD: 'theirs',
    POSTGRES_PASSWORD_FILE: '/run/secret',
    API_KEY: 'theirs',
    PGDATA: '/srv/pg',
    LC_COLLATE: 'es_ES.UTF-8',
    POSTGRES_INITDB_ARGS: '--data-checksums',
  }
  const options = made({}, { env })
  expect(variables(options)).toEqual({
    POSTGRES_USER: 'shop',
    POSTGRES_PASSWORD: 's3cret',
    POSTGRES_DB: 'shop',
    POSTGRES_INITDB_ARGS: '--data-checksums --no-sync',
    PGDATA: '/srv/pg',
    LC_COLLATE: 'es_ES.UTF-8',
  })
  expect(options.Volumes).toEqual({ '/srv/pg': {} })
  expect(JSON.stringify({ ...options, Env: [] })).not.toContain('s3cret')
})

test('a small database lives in memory where root can give it away, any other on a volume', () => {
  const data = '/var/lib/postgresql/data'
  expect(made().HostConfig?.Tmpfs).not.toHaveProperty(data)
  expect(made().Volumes).toEqual({ [data]: {} })
  const small = made({ databaseBytes: 1e7 })
  expect(small.HostConfig?.Tmpfs).toHaveProperty(data)
  expect(small.Volumes).toEqual({})
  const ofUser = made({ databaseBytes: 1e7 }, { config: { ...origin.config, User: '1001' } })
  expect(ofUser.Volumes).toEqual({ [data]: {} })
})

test('an image that starts its server in another way keeps that way', () => {
  const command = (Cmd: string[] | null) => made({}, { config: { ...origin.config, Cmd } }).Cmd?.[0]
  expect(command(null)).toBe('postgres')
  expect(command(['/usr/lib/postgresql/17/bin/postgres', '-D', '/x'])).toBe('postgres')
  expect(command(['/opt/run.sh'])).toBe('/opt/run.sh')
})
