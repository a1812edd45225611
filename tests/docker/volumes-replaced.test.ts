import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerVolumes } from '#lib/environment/docker-volumes'
import { describeVolume, everythingInVolume } from '../fixtures/volume.ts'
import { ensureBusybox } from '../testbed/busybox.ts'
import { openEngineFilter } from '../testbed/engine-filter.ts'
import { testEngine } from '../testbed/provided.ts'
import { openBench, type VolumeBench } from '../testbed/volume-bench.ts'

const engine = testEngine()
const maker = { host: 'here', pid: process.pid, startedAt: `test/${process.pid}` }
const place = (volume: string) => ({ environment: 'docker' as const, volume })

describe.skipIf(!engine)('docker: replacing a volume', () => {
  let bench: VolumeBench<'origin' | 'copy'>

  const listing = async (key: 'origin' | 'copy') => {
    const records = await bench.sh(`cd /${key}\n${describeVolume}`)
    return records
      .toString('latin1')
      .split('\0')
      .filter(record => !record.startsWith('capability'))
  }
  /** As if the engine had no other images. */
  const among = async <T>(
    tags: readonly string[],
    work: (volumes: ReturnType<typeof dockerVolumes>) => Promise<T>,
  ) => {
    const isThere = ({ RepoTags }: { RepoTags: string[] | null }) => tags.some(tag => RepoTags?.includes(tag))
    const filter = await openEngineFilter(engine!.socketPath, isThere)
    try {
      return await work(dockerVolumes({ socketPath: filter.path }, maker))
    } finally {
      await filter.close()
    }
  }

  beforeAll(async () => {
    bench = await openBench(engine!, ['origin', 'copy'])
    await bench.sh(`cd /origin\n${everythingInVolume}`)
  })
  afterAll(() => bench?.remove())

  test("with busybox alone: all but a program's capabilities and the times of symlinks", async () => {
    const busybox = await ensureBusybox(engine!)
    await bench.sh('cd /copy; mkdir -p old/older; printf x > old/older/x; ln -s old .link; printf y > ...')
    await among([busybox], volumes =>
      volumes.volume(place(bench.names.copy)).replaceWith(place(bench.names.origin)),
    )
    await bench.sh('find /copy -type l -exec touch -h -d @1600000001 {} +')
    expect(await listing('copy')).toEqual(await listing('origin'))
  })

  test('where no image has a shell it is not done, and what could be done instead is said', async () => {
    await bench.sh('printf kept > /copy/kept')
    const failure = await among([], volumes =>
      volumes
        .volume(place(bench.names.copy))
        .replaceWith(place(bench.names.origin))
        .catch(error => error),
    )
    expect(failure).toMatchObject({
      code: 'environment-unavailable',
      hint: expect.stringContaining('--into'),
    })
    expect((await bench.sh('cat /copy/kept')).toString()).toBe('kept')
    expect(await among([], volumes => volumes.volume(place(bench.names.copy)).isReplaceable())).toBe(false)
  })

  test('room is measured by an image where it cannot be seen from here', async () => {
    const { docker } = engine!
    const name = `${bench.names.copy}-tmpfs`
    await docker.createVolume({
      Name: name,
      Driver: 'local',
      DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=4m' },
    })
    try {
      const free = await dockerVolumes({ socketPath: engine!.socketPath }, maker)
        .volume(place(name))
        .freeBytes()
      expect(free).toBe(4 * 1024 * 1024)
      expect(await among([], volumes => volumes.volume(place(name)).freeBytes())).toBe(undefined)
    } finally {
      await docker.getVolume(name).remove()
    }
  })

  test('a copy that a dead run began is ended before another begins', async () => {
    const volumes = dockerVolumes({ socketPath: engine!.socketPath }, maker)
    const slow = await engine!.docker.createContainer({
      name: `respaldo-replaces-${bench.names.copy}`,
      Image: 'respaldo-testbed/postgres:17',
      Entrypoint: ['sh', '-c', 'while :; do : > /to/more; rm /to/more; done'],
      HostConfig: { Binds: [`${bench.names.copy}:/to`], NetworkMode: 'none' },
    })
    await slow.start()
    await volumes.volume(place(bench.names.copy)).replaceWith(place(bench.names.origin))
    await expect(slow.inspect()).rejects.toMatchObject({ statusCode: 404 })
    expect(await listing('copy')).toEqual(await listing('origin'))
  })
})
