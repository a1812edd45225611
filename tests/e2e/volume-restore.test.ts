import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { describeVolume, everythingInVolume } from '../fixtures/volume.ts'
import { openEngineProxy } from '../testbed/engine-proxy.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { openBench, type VolumeBench } from '../testbed/volume-bench.ts'
import { cli, type Finished, startCli } from './cli.ts'

const engine = testEngine()

interface Restored {
  volumes: {
    volume: string
    restored: { deed: string; entries: number; bytes: number; digest: string; safety?: string }
  }[]
}

/** The container in which a test looks into the volumes uses them, too: so it has to be stopped while one is replaced. */
describe.skipIf(!engine)('volumes come back', () => {
  let bench: VolumeBench<'data' | 'copy' | 'other'>
  let root: string
  let backup: string

  const run = (args: readonly string[], socketPath = engine!.socketPath): Promise<Finished> =>
    cli([...args, '--dir', join(root, 'repository'), '--json'], { DOCKER_HOST: `unix://${socketPath}` }, root)
  const done = async <T>(args: readonly string[]): Promise<T> => {
    const finished = await run(args)
    expect(finished.exitCode, finished.stderr + finished.stdout).toBe(0)
    return finished.json<T>()
  }
  const listing = async (key: 'data' | 'copy' | 'other') =>
    (await bench.sh(`cd /${key}\n${describeVolume}`)).toString('latin1').split('\0')
  const inPlace = () => ['restore', backup, '--stop', '--yes']
  const spoil = () =>
    bench.sh('cd /data; printf changed > plain; rm -r deep; mkdir -p more/and; echo > more/and/more')
  const running = async () => (await engine!.docker.getContainer(bench.container).inspect()).State.Running
  const ownVolumes = async () =>
    ((await engine!.docker.listVolumes()).Volumes ?? [])
      .map(({ Name }) => Name)
      .filter(name => /^respaldo-(staged|undo)-\d{8}t/.test(name)) // as the command line names its runs

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'respaldo-volume-restore-'))
    bench = await openBench(engine!, ['data', 'copy', 'other'])
    await bench.sh(`cd /data\n${everythingInVolume}`)
    const { volumes } = await done<{ volumes: { backup: { id: string } }[] }>([
      'volume-backup',
      bench.names.data,
    ])
    backup = volumes[0]!.backup.id
  })
  afterEach(async () => {
    expect(await ownVolumes()).toEqual([])
    expect(await running()).toBe(true)
  })
  afterAll(async () => {
    await bench?.remove()
    if (root) await rm(root, { recursive: true })
  })

  test('in place, with one of everything in it; what uses it is stopped and started', async () => {
    const before = await listing('data')
    await spoil()
    const spoilt = await listing('data')
    const { volumes } = await done<Restored>(inPlace())
    expect(volumes[0]?.restored).toMatchObject({
      deed: 'replace',
      digest: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(await listing('data')).toEqual(before)
    const { safety } = volumes[0]!.restored
    await done<Restored>(['restore', safety!, '--volume', bench.names.data, '--stop', '--yes'])
    expect(await listing('data')).toEqual(spoilt)
    await done<Restored>(inPlace())
  })

  test('into a new volume', async () => {
    const name = `${bench.names.copy}-new`
    const { volumes } = await done<Restored>(['restore', backup, '--into', name])
    expect(volumes[0]?.restored.deed).toBe('make')
    const { Labels } = await engine!.docker.getVolume(name).inspect()
    expect(Labels).toMatchObject({ 'respaldo.restored-by': expect.any(String) })
    const again = await done<{ volumes: { backup: { totals: object } }[] }>(['volume-backup', name])
    const { entries, bytes } = volumes[0]!.restored
    expect(again.volumes[0]?.backup.totals).toEqual({ entries, bytes })
    await engine!.docker.getVolume(name).remove()
  })

  test('refused while it is used; the plan names who uses it', async () => {
    const before = await listing('data')
    const refused = await run(['restore', backup, '--yes'])
    expect(refused.json()).toMatchObject({ error: { code: 'restore-unsafe' } })
    const { plans } = await done<{ plans: { plan: { users: { path: string }[]; steps: string[] } }[] }>([
      ...inPlace(),
      '--dry-run',
    ])
    expect(plans[0]?.plan.users).toMatchObject([{ path: '/data' }])
    expect(await listing('data')).toEqual(before)
  })

  test('single files and folders, over what is there', async () => {
    const before = await listing('data')
    await bench.sh('cd /data; printf changed > set-user; rm dangling; printf mine > mine')
    await done<Restored>([...inPlace(), '--path', 'set-user', '--path', 'dangling'])
    expect((await bench.sh('cat /data/mine; rm /data/mine')).toString()).toBe('mine')
    await bench.sh('touch -d @1400000000 /data')
    expect(await listing('data')).toEqual(before)
    const missing = await run([...inPlace(), '--path', 'set-usr'])
    expect(missing.json()).toMatchObject({
      error: { code: 'input-invalid', hint: expect.stringContaining('set-user') },
    })
  })

  test('by an export, which holds the engine’s tar as it was', async () => {
    const file = join(root, 'volumes.tar.gz')
    await done(['export', backup, '--to', file])
    await spoil()
    await bench.sh('find /copy -mindepth 1 -delete')
    const { volumes } = await done<Restored>([
      'restore',
      '--file',
      file,
      '--into',
      bench.names.copy,
      '--stop',
    ])
    expect(volumes[0]?.restored.deed).toBe('fill')
    await done<Restored>(['restore', '--file', file, '--stop', '--yes'])
    expect(await listing('data')).toEqual(await listing('copy'))
    const tar = join(root, 'one.tar.zst')
    await done(['export', backup, '--to', tar])
    await bench.sh('find /copy -mindepth 1 -delete')
    await done<Restored>(['restore', '--file', tar, '--volume', bench.names.copy, '--stop'])
    expect(await listing('copy')).toEqual(await listing('data'))
  })

  test('a cut connection while the content is staged changes nothing', async () => {
    await spoil()
    const before = await listing('data')
    const proxy = await openEngineProxy(engine!.socketPath)
    try {
      proxy.cut = { archiveBytes: 1_000_000 }
      const cut = await run(inPlace(), proxy.path)
      expect(cut.json()).toMatchObject({ error: { code: 'environment-unavailable' } })
    } finally {
      await proxy.close()
    }
    expect(await listing('data')).toEqual(before)
  })

  test('an engine that is gone in the middle of the copying: the next run finishes it', async () => {
    await done<Restored>(inPlace())
    const whole = await listing('data')
    await spoil()
    const proxy = await openEngineProxy(engine!.socketPath)
    const args = [...inPlace(), '--dir', join(root, 'repository')]
    const started = startCli(args, { DOCKER_HOST: `unix://${proxy.path}` }, root)
    await started.said(/Copying it into/)
    await proxy.close()
    const { exitCode, stderr } = await started.finished
    expect([exitCode, stderr]).toEqual([expect.any(Number), expect.stringContaining('is not finished')])
    expect(await running()).toBe(false)
    const again = await openEngineProxy(engine!.socketPath, proxy.path)
    try {
      const { warnings } = (await run(['list'], again.path)).json<{ warnings: { message: string }[] }>()
      expect(warnings[0]?.message).toContain('is restored now')
    } finally {
      await again.close()
    }
    expect(await running()).toBe(true)
    expect(await listing('data')).toEqual(whole)
  })
})

describe.skipIf(!engine)('the volume of a database', () => {
  test('a restored PGDATA starts, and has its rows', { timeout: 180_000 }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'respaldo-pgdata-'))
    const bench = await openBench(engine!, ['pgdata'])
    const postgres = await startPostgres(engine!, {
      binds: [`${bench.names.pgdata}:/var/lib/postgresql/data`],
    })
    const run = async (...args: string[]) => {
      const env = { DOCKER_HOST: `unix://${engine!.socketPath}` }
      const finished = await cli([...args, '--dir', join(root, 'repository'), '--json'], env, root)
      expect(finished.exitCode, finished.stderr + finished.stdout).toBe(0)
      return finished.stdout
    }
    try {
      await postgres.sql('CREATE TABLE t AS SELECT n, md5(n::text) AS text FROM generate_series(1, 5000) n')
      await run('volume-backup', bench.names.pgdata, '--stop')
      await postgres.ready()
      const before = await postgres.sql('SELECT count(*), md5(string_agg(text, $$,$$ ORDER BY n)) FROM t')
      await postgres.sql('DROP TABLE t')
      await postgres.stop()
      await bench.sh('rm -rf /pgdata/base /pgdata/PG_VERSION')
      await run('restore', '--volume', bench.names.pgdata, '--stop', '--yes')
      await postgres.start()
      expect(await postgres.sql('SELECT count(*), md5(string_agg(text, $$,$$ ORDER BY n)) FROM t')).toBe(
        before,
      )
    } finally {
      await postgres.remove()
      await bench.remove()
      await rm(root, { recursive: true })
    }
  })
})
