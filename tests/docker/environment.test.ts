import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, drain } from '#lib/bytes'
import { discovered } from '#lib/environment/detect'
import { dockerEnvironment } from '#lib/environment/docker'
import { ensureImage } from '../testbed/images.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { runId, runLabel } from '../testbed/run-id.ts'

const engine = testEngine()
const mark = randomBytes(3).toString('hex')
const named = (name: string) => `respaldo-test-${mark}-${name}`

describe.skipIf(!engine)('docker: what is found', () => {
  const environment = dockerEnvironment(engine ? { socketPath: engine.socketPath } : {})
  const containers: Docker.Container[] = []
  const sources = async () =>
    (await Array.fromAsync(environment.sources())).filter(({ id }) => id.includes(mark))

  /** A container that looks like a server to everybody who does not connect to it. */
  const place = async (name: string, more: Docker.ContainerCreateOptions = {}) => {
    if (!engine) throw new Error('no engine')
    const container = await engine.docker.createContainer({
      name: named(name),
      Image: await ensureImage(engine, 'postgres:17'),
      Cmd: ['sleep', '3600'],
      ...more,
      Labels: { [runLabel]: runId(), ...more.Labels },
      HostConfig: { Init: true, ...more.HostConfig },
    })
    containers.push(container)
    await container.start()
    return container
  }

  beforeAll(async () => {
    await place('plain')
    await place('named', { Env: ['POSTGRES_USER=ana', 'POSTGRES_DB=shop', 'POSTGRES_PASSWORD=s3cret'] })
    await place('upper', { Env: ['POSTGRES_DB=Shop'] })
    await place('labelled', { Labels: { 'respaldo.source': `label-${mark}` }, Env: ['POSTGRES_DB=shop'] })
    await place('twin-a', { Labels: { 'respaldo.source': `twin-${mark}` } })
    await place('twin-b', { Labels: { 'respaldo.source': `twin-${mark}` } })
    await place('left-out', { Labels: { 'respaldo.source': 'false' } })
    await place('composed', { Labels: { 'com.docker.compose.service': `service-${mark}` } })
    await place('bitnami', {
      Env: ['POSTGRESQL_USERNAME=eva', 'POSTGRESQL_DATABASE=crm', 'PGPORT=5433', 'PGHOST=elsewhere'],
    })
    await place('secret', {
      Cmd: ['sh', '-c', `echo 'it"s \\secret' >/tmp/password; echo ana >/tmp/user; exec sleep 3600`],
      Env: ['POSTGRES_USER_FILE=/tmp/user', 'POSTGRES_PASSWORD_FILE=/tmp/password'],
    })
    const [stopped, paused] = [await place('stopped'), await place('paused')]
    await stopped.stop({ t: 0 })
    await paused.pause()
  })
  afterAll(async () => {
    await Promise.all(containers.map(container => container.remove({ force: true, v: true }).catch(() => {})))
  })

  test('each with its default database, an id, a reason and a state, in the order of their names', async () => {
    const seen = (await sources()).map(({ id, place, state }) => [id, place.container, place.database, state])
    expect(seen).toEqual([
      [`${named('bitnami')}.crm`, named('bitnami'), 'crm', 'running'],
      [`${named('composed')}.postgres`, named('composed'), 'postgres', 'running'],
      [`label-${mark}`, named('labelled'), 'shop', 'running'],
      [`${named('named')}.shop`, named('named'), 'shop', 'running'],
      [`${named('paused')}.postgres`, named('paused'), 'postgres', 'stopped'],
      [`${named('plain')}.postgres`, named('plain'), 'postgres', 'running'],
      [`${named('secret')}.ana`, named('secret'), 'ana', 'running'],
      [`${named('stopped')}.postgres`, named('stopped'), 'postgres', 'stopped'],
      [`${named('twin-a')}.postgres`, named('twin-a'), 'postgres', 'running'],
      [`${named('twin-b')}.postgres`, named('twin-b'), 'postgres', 'running'],
      [
        expect.stringMatching(/^docker\.respaldo-test-.*-upper\.shop~[0-9a-f]{16}$/),
        named('upper'),
        'Shop',
        'running',
      ],
    ])
  })

  test('with the reason why', async () => {
    const reasons = new Map((await sources()).map(({ place, reason }) => [place.container, reason]))
    expect(reasons.get(named('plain'))).toMatch(/^image .*postgres:17$/)
    expect(reasons.get(named('labelled'))).toBe(`label respaldo.source=label-${mark}`)
    expect(reasons.get(named('twin-a'))).toMatch(/which others carry too/)
    expect(await discovered(environment)).toMatchObject({ isAvailable: true })
  })

  test('by name, by the beginning of an id, by compose service, by source id', async () => {
    const id = containers[0]?.id ?? ''
    const targets = [
      [{ container: named('plain') }, 'plain'],
      [{ container: id }, 'plain'],
      [{ container: id.slice(0, 12) }, 'plain'],
      [{ container: `service-${mark}` }, 'composed'],
      [{ source: `service-${mark}` }, 'composed'],
      [{ source: `label-${mark}` }, 'labelled'],
      [{ source: `${named('named')}.shop` }, 'named'],
    ] as const
    for (const [target, name] of targets)
      expect((await environment.find(target)).place.container).toBe(named(name))
  })

  test('another database of it has another id, by which it is found again', async () => {
    const source = await environment.find({ container: named('labelled'), database: 'crm' })
    expect(source).toMatchObject({ id: `${named('labelled')}.crm`, place: { database: 'crm' } })
    expect((await environment.find({ source: source.id })).place).toEqual(source.place)
  })

  test('not what does not exist, nor what does not run, nor what has several meanings', async () => {
    const failure = (container: string) => environment.find({ container }).catch(error => error)
    expect(await failure(named('plainn'))).toMatchObject({
      code: 'source-not-found',
      hint: expect.stringContaining(`There are: ${named('plain')}`),
    })
    expect(await failure(named('stopped'))).toMatchObject({
      code: 'source-unreachable',
      hint: `docker start ${named('stopped')}`,
    })
    expect(await failure(named('paused'))).toMatchObject({
      code: 'source-unreachable',
      hint: `docker unpause ${named('paused')}`,
    })
    await expect(environment.find({ url: 'postgres://x' })).rejects.toMatchObject({ code: 'input-invalid' })
  })

  test('a container that is left out can still be named', async () => {
    expect((await environment.find({ container: named('left-out') })).reason).toBe('it was named')
  })

  test('the connection is what the container says, unless something else is given', async () => {
    const connect = async (name: string, given = {}) =>
      environment.connection(await environment.find({ container: named(name), ...given }))
    expect(await connect('named')).toEqual({
      user: 'ana',
      database: 'shop',
      env: { PGUSER: 'ana', PGDATABASE: 'shop', PGPASSWORD: 's3cret' },
    })
    expect((await connect('named', { user: 'eva', password: 'x' })).env).toMatchObject({
      PGUSER: 'eva',
      PGPASSWORD: 'x',
    })
    expect((await connect('named', { user: 'eva' })).env).not.toHaveProperty('PGPASSWORD')
    expect((await connect('secret')).env).toMatchObject({ PGUSER: 'ana', PGPASSWORD: 'it"s \\secret' })
    expect((await connect('bitnami')).env).toMatchObject({ PGUSER: 'eva', PGPORT: '5433', PGHOST: '' })
  })

  test('a stopped or removed container is told as such by who still has its source', async () => {
    const container = await place('vanishing')
    const source = await environment.find({ container: named('vanishing') })
    const exec = () => drain(environment.shell(source).exec({ argv: ['true'] }).stdout)
    await exec()
    await container.stop({ t: 0 })
    await expect(exec()).rejects.toMatchObject({
      code: 'source-unreachable',
      hint: `docker start ${named('vanishing')}`,
    })
    await expect(environment.connection(source)).rejects.toMatchObject({ code: 'source-unreachable' })
    await container.remove()
    await expect(exec()).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('gone'),
    })
  })

  test('a container that is stopped under a command is named as the reason', async () => {
    const container = await place('interrupted')
    const source = await environment.find({ container: named('interrupted') })
    const { stdout } = environment.shell(source).exec({ argv: ['sleep', '3600'] })
    const reading = drain(stdout)
    await wait(500)
    await Promise.all([
      expect(reading).rejects.toMatchObject({
        code: 'source-unreachable',
        message: expect.stringMatching(/ended while sleep ran/),
      }),
      container.stop({ t: 0 }),
    ])
  })

  test('a container without a shell runs commands too', async () => {
    await place('shell-less', {
      Cmd: ['sh', '-c', 'rm -f /bin/sh /usr/bin/sh /bin/dash /usr/bin/dash; exec sleep 3600'],
    })
    await wait(500)
    const shell = environment.shell(await environment.find({ container: named('shell-less') }))
    expect((await collect(shell.exec({ argv: ['cat', '/etc/debian_version'] }).stdout)).toString()).toMatch(
      /\d/,
    )
    await expect(drain(shell.exec({ argv: ['nothing'] }).stdout)).rejects.toMatchObject({
      code: 'command-failed',
    })
  })
})

describe.skipIf(!engine)('docker: the connection', () => {
  test('works with a server on another port that asks for the password on its socket', async () => {
    if (!engine) throw new Error('no engine')
    const postgres = await startPostgres(engine, {
      version: '17',
      env: {
        POSTGRES_PASSWORD: `p'a"s $s`,
        POSTGRES_INITDB_ARGS: '--auth-local=scram-sha-256',
        PGPORT: '5499',
      },
    })
    try {
      const environment = dockerEnvironment({ socketPath: engine.socketPath })
      const source = await environment.find({ container: postgres.name })
      const { env } = await environment.connection(source)
      const ask = (variables: Record<string, string>) =>
        collect(
          environment.shell(source).exec({ argv: ['psql', '-XAtwc', 'SELECT 1'], env: variables }).stdout,
        )
      expect((await ask(env)).toString()).toBe('1\n')
      await expect(ask({ ...env, PGPASSWORD: 'wrong' })).rejects.toMatchObject({ code: 'command-failed' })
    } finally {
      await postgres.remove()
    }
  })
})

describe('docker: no engine', () => {
  test('is environment-unavailable with a hint, and not available', async () => {
    const environment = dockerEnvironment({ socketPath: '/nowhere/docker.sock' })
    const listing = Array.fromAsync(environment.sources())
    await expect(listing).rejects.toMatchObject({
      code: 'environment-unavailable',
      hint: expect.stringContaining('Start Docker'),
    })
    expect(await discovered(environment)).toMatchObject({ isAvailable: false })
  })
})
