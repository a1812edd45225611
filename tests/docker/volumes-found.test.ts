import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { once } from '#lib/bytes'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import { ensureImage } from '../testbed/images.ts'
import { testEngine } from '../testbed/provided.ts'
import { startSleeper, testLabels } from '../testbed/volume-bench.ts'

const engine = testEngine()
const maker = { host: 'here', pid: process.pid, startedAt: `test/${process.pid}` }
const mark = randomBytes(3).toString('hex')
const named = (name: string) => `respaldo-test-${mark}-${name}`
const project = named('project')
const compose = { 'com.docker.compose.project': project }

describe.skipIf(!engine)('docker: which volumes there are', () => {
  const volumes = dockerVolumes(engine ? { socketPath: engine.socketPath } : {}, maker)
  const anonymous = randomBytes(32).toString('hex')
  const unused = randomBytes(32).toString('hex')
  const mine = [anonymous, unused]
  const seen = async () =>
    (await Array.fromAsync(volumes.sources())).filter(
      ({ place: { volume } }) => volume.includes(mark) || mine.includes(volume),
    )
  const found = async (target: Parameters<typeof volumes.find>[0]) =>
    (await volumes.find(target)).map(({ place }) => place.volume)
  const failure = (target: Parameters<typeof volumes.find>[0]) => volumes.find(target).catch(error => error)
  const make = (
    name: string,
    more: { labels?: Record<string, string>; options?: Record<string, string> } = {},
  ) =>
    engine!.docker.createVolume({
      Name: name,
      Driver: 'local',
      DriverOpts: more.options ?? {},
      Labels: { ...testLabels(), ...more.labels },
    })

  beforeAll(async () => {
    await make(named('Plain'))
    await make(named('composed'), { labels: compose })
    await make(named('left-out'), { labels: { 'respaldo.source': 'false' } })
    await make(named('labelled'), { labels: { 'respaldo.source': `label-${mark}` } })
    await make(named('twin-a'), { labels: { 'respaldo.source': `twin-${mark}` } })
    await make(named('twin-b'), { labels: { 'respaldo.source': `twin-${mark}` } })
    await make(named('tmpfs'), { options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } })
    await make(named('share'), {
      options: { type: 'cifs', device: `//server/${mark}`, o: 'addr=server,username=ana,password=s3cret,rw' },
    })
    await make(anonymous)
    await make(unused)
    const image = await ensureImage(engine!, 'postgres:17')
    const start = (name: string, binds: string[], labels: Record<string, string> = {}) =>
      startSleeper(engine!, { name: named(name), image, Labels: labels, HostConfig: { Binds: binds } })
    // The image declares a volume, unless something is mounted in its place.
    const noVolume = '/tmp:/var/lib/postgresql/data'
    await start('web', [`${named('Plain')}:/data:ro`, `${anonymous}:/cache`, noVolume], compose)
    const paused = await start('db', [`${named('Plain')}:/var/lib/postgresql/data`, '/tmp:/host'], {
      'respaldo.source': 'false',
    })
    await paused.pause()
    await start('binds', [noVolume])
  })
  afterAll(async () => {
    await Promise.allSettled(
      ['web', 'db', 'binds'].map(name =>
        engine?.docker.getContainer(named(name)).remove({ force: true, v: true }),
      ),
    )
    const names = ['Plain', 'composed', 'left-out', 'labelled', 'twin-a', 'twin-b', 'tmpfs', 'share'].map(
      named,
    )
    await Promise.allSettled([...names, ...mine].map(name => engine?.docker.getVolume(name).remove()))
  })

  test('each with an id and a reason, by name; anonymous ones only while somebody mounts them', async () => {
    expect((await seen()).map(({ id, place, reason }) => [id, place.volume, reason])).toEqual(
      [
        [`volume.${anonymous}`, anonymous, `anonymous volume of ${named('web')}`],
        [
          expect.stringMatching(/^volume\.docker\.respaldo-test-.*-plain~[0-9a-f]{16}$/),
          named('Plain'),
          `volume of ${named('db')}, ${named('web')}`,
        ],
        [`volume.${named('composed')}`, named('composed'), 'volume that no container mounts'],
        [`label-${mark}`, named('labelled'), `label respaldo.source=label-${mark}`],
        [`volume.${named('share')}`, named('share'), 'volume that no container mounts'],
        [`volume.${named('tmpfs')}`, named('tmpfs'), 'volume that no container mounts'],
        [
          `volume.${named('twin-a')}`,
          named('twin-a'),
          `label respaldo.source=twin-${mark}, which others carry too`,
        ],
        [
          `volume.${named('twin-b')}`,
          named('twin-b'),
          `label respaldo.source=twin-${mark}, which others carry too`,
        ],
      ].toSorted((a, b) => (`${a[1]}` < `${b[1]}` ? -1 : 1)),
    )
  })

  test('by name, by source id, of a container, of a project, each once', async () => {
    expect(await found({ volumes: [named('composed'), `label-${mark}`, named('composed')] })).toEqual([
      named('composed'),
      named('labelled'),
    ])
    expect(await found({ volumes: [named('left-out'), unused] })).toEqual(
      [unused, named('left-out')].toSorted(),
    )
    expect(await found({ container: named('web') })).toEqual([anonymous, named('Plain')].toSorted())
    expect(await found({ project })).toEqual([anonymous, named('Plain'), named('composed')].toSorted())
    expect(await found({ project, container: named('db'), volumes: [named('composed')] })).toHaveLength(3)
  })

  test('not what is not there; near names come first', async () => {
    expect(await failure({ volumes: [named('compose')] })).toMatchObject({
      code: 'source-not-found',
      hint: expect.stringMatching(new RegExp(`^There are: ${named('composed')}, `)),
    })
    expect(await failure({ project: `${project}s` })).toMatchObject({
      code: 'source-not-found',
      hint: expect.stringContaining(project),
    })
    expect(await failure({ container: named('we') })).toMatchObject({
      code: 'source-not-found',
      hint: expect.stringMatching(new RegExp(`^There are: ${named('web')}`)),
    })
    expect(await failure({ container: named('binds') })).toMatchObject({
      code: 'source-not-found',
      message: expect.stringMatching(/mounts no volume, only folders of the host: \/tmp/),
    })
    expect(await failure({})).toMatchObject({ code: 'input-invalid' })
    expect(await failure({ volumes: [named('Plain')], namespace: 'x' })).toMatchObject({
      code: 'input-invalid',
    })
  })

  test('who mounts one, in which state, where, and whether that is a database', async () => {
    const { users } = await volumes.volume({ environment: 'docker', volume: named('Plain') }).inspect()
    expect(users).toEqual([
      {
        name: named('db'),
        state: 'paused',
        readOnly: false,
        path: '/var/lib/postgresql/data',
        database: 'image respaldo-testbed/postgres:17',
      },
      {
        name: named('web'),
        state: 'running',
        readOnly: true,
        path: '/data',
        database: 'image respaldo-testbed/postgres:17',
      },
    ])
  })

  test('how one is made again, without its secrets', async () => {
    const inspect = async (name: string) =>
      (await volumes.volume({ environment: 'docker', volume: named(name) }).inspect()).recipe
    expect(await inspect('tmpfs')).toMatchObject({
      name: named('tmpfs'),
      driver: 'local',
      options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' },
    })
    const recipe = await inspect('share')
    expect(JSON.stringify(recipe)).not.toContain('s3cret')
    expect(recipe.options).toMatchObject({ o: 'addr=server,username=ana,password=***,rw' })
    await expect(volumes.make(named('again'), recipe, {})).rejects.toMatchObject({ code: 'input-invalid' })
  })

  test('a recipe of the very same folder makes no second volume', async () => {
    const options = { type: 'none', o: 'bind', device: '/tmp' }
    await make(named('folder'), { options, labels: { ...compose, 'respaldo.source': 'mine', kept: 'yes' } })
    const place = { environment: 'docker' as const, volume: named('folder') }
    const { recipe } = await volumes.volume(place).inspect()
    await expect(volumes.make(named('folder-2'), recipe, {})).rejects.toMatchObject({
      code: 'restore-unsafe',
    })
    await volumes.volume(place).remove()
    const again = await volumes.make(named('folder-2'), recipe, {})
    const { Options, Labels } = await engine!.docker.getVolume(named('folder-2')).inspect()
    await volumes.volume(again).remove()
    expect(Options).toEqual(options)
    expect(Labels).toEqual({ ...testLabels(), kept: 'yes' })
  })

  test('one that is mounted is not removed, and who mounts it can be found', async () => {
    const mounted = volumes.volume({ environment: 'docker', volume: named('Plain') })
    await expect(mounted.remove()).rejects.toMatchObject({
      code: 'command-failed',
      hint: expect.stringContaining(`--filter volume=${named('Plain')}`),
    })
  })

  test('one without room takes what fits, and fails with the reason', async () => {
    const small = volumes.volume({ environment: 'docker', volume: named('tmpfs') })
    await expect(small.write(once(fileOf(2 * 1024 * 1024), Buffer.alloc(1024)))).rejects.toMatchObject({
      code: 'space-insufficient',
      message: expect.stringContaining(named('tmpfs')),
    })
  })

  test('an anonymous one outlives that it is read', async () => {
    const one = volumes.volume({ environment: 'docker', volume: unused })
    for await (const _ of one.read());
    await one.inspect()
  })
})

/** A file of ones and its head, as a tar has them. */
function fileOf(bytes: number): Buffer {
  const tar = Buffer.alloc(512 + bytes, 1)
  tar.fill(0, 0, 512)
  tar.write('volume/file\0')
  tar.write('0000644\x000000000\x000000000\0', 100)
  tar.write(`${bytes.toString(8).padStart(11, '0')}\x0000000000000\0        0`, 124)
  tar.write('ustar\x0000', 257)
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return tar
}
