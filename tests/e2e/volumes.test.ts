import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VolumeManifest } from '#lib/repository/manifest'
import { describeVolume, everythingInVolume } from '../fixtures/volume.ts'
import { ensureBusybox } from '../testbed/busybox.ts'
import { execIn } from '../testbed/exec.ts'
import { testEngine } from '../testbed/provided.ts'
import { openBench, startSleeper, type VolumeBench } from '../testbed/volume-bench.ts'
import { cli } from './cli.ts'

const engine = testEngine()

interface Created {
  volumes: { volume: string; backup: VolumeManifest }[]
}
interface Failed {
  error: { code: string; message: string; hint: string }
}

describe.skipIf(!engine)('volumes', () => {
  let bench: VolumeBench<'all' | 'restless'>
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    bench = await openBench(engine!, ['all', 'restless'])
    await bench.sh(`cd /all\n${everythingInVolume}`)
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
  })
  afterAll(async () => {
    await bench?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const create = async (...args: string[]): Promise<VolumeManifest[]> => {
    const made = await cli(['volume-backup', ...args, '--json'], env)
    expect(made, made.stderr).toMatchObject({ exitCode: 0 })
    return made.json<Created>().volumes.map(({ backup }) => backup)
  }
  const dataOf = ({ source, id, objects }: VolumeManifest) =>
    readFile(join(env.BACKUP_DIR!, 'sources', source.id, id, objects.data.name))

  test('one of everything is kept, proven, and comes out with stock tools', async () => {
    const made = await cli(['volume-backup', bench.names.all, '--verify', 'restored', '--no-color'], env)
    expect(made, made.stderr).toMatchObject({ exitCode: 0 })
    expect(made.stdout).toMatch(
      /^Backed up \S+ as \S+\n {2}\d+ entries, 11 MB; .*\n {2}restored in a scratch volume, /,
    )
    expect(made.stderr).toMatch(/warning: What backups of volumes do not hold here: extended attributes/)
    expect(made.stderr).toMatch(/is in use by the database server .*, which runs/)
    const listed = await cli(['list', '--json'], env)
    const { backups } = listed.json<{ backups: (VolumeManifest & { proven: boolean })[] }>()
    expect(backups).toMatchObject([{ proven: true, type: 'full' }])

    const [second] = await create(bench.names.all)
    expect(second).toMatchObject({ type: 'incremental', sizes: { stored: 0 } })
    expect(second!.sizes.new).toBeLessThan(5000)
    const [full] = await create(bench.names.all, '--force-full')
    const unpack = 'mkdir /tmp/stock && zstd -d | tar -C /tmp/stock -xp --xattrs-include=* --numeric-owner'
    const stdin = await dataOf(full!)
    const argv = ['sh', '-ec', unpack]
    expect(await execIn(engine!.docker, bench.container, argv, { stdin })).toMatchObject({ exitCode: 0 })
    const listing = async (path: string) =>
      (await bench.sh(`cd ${path}\n${describeVolume}`)).toString('latin1').split('\0')
    expect(await listing('/tmp/stock/volume')).toEqual(await listing('/all'))
  })

  test('every volume of a container is backed up; of a volume patterns leave out what fits', async () => {
    const backups = await create('--container', bench.container)
    const names = backups.map(({ source }) => source.place.volume)
    expect(names).toEqual(expect.arrayContaining(Object.values(bench.names)))
    const whole = backups.find(({ source }) => source.place.volume === bench.names.all)!
    const [part] = await create(bench.names.all, '--exclude', 'sticky', '--exclude', '*and*')
    expect(part).toMatchObject({ type: 'full', scope: { exclude: ['sticky', '*and*'] } })
    expect(part!.totals.entries).toBeLessThan(whole.totals.entries - 1)
  })

  test('files that grow are kept as they were, files that shrink fail the run', async () => {
    const writer = (script: string) =>
      bench.sh(`(while [ ! -e /tmp/stop ]; do ${script}; done) >/dev/null 2>&1 &`)
    const stop = () => bench.sh('touch /tmp/stop; sleep 0.5; rm -f /restless/* /tmp/stop')
    await bench.sh('head -c 30000000 /dev/urandom > /restless/big')
    await writer('echo line >> /restless/log; sleep 0.001')
    const grown = await cli(
      ['volume-backup', bench.names.restless, '--verify', 'readable', '--no-color'],
      env,
    )
    expect(grown, grown.stderr).toMatchObject({ exitCode: 0 })
    await stop()

    const before = (await cli(['list', '--json'], env)).json<{ backups: object[] }>().backups.length
    // Each at its own pace, so that they are never all short at once.
    const shrink = (file: string) => `truncate -s 100M ${file}; sleep 0.05; truncate -s 1 ${file}; sleep 0.02`
    for (let file = 0; file < 8; file++) await writer(shrink(`/restless/f${file}`))
    const cut = await cli(['volume-backup', bench.names.restless, '--json'], env)
    await stop()
    expect(cut.exitCode, cut.stderr).toBe(20)
    const { error } = cut.json<Failed>()
    expect(error.message).toMatch(
      /was read 3 times and never whole: The tar ends at byte \d+ within "volume\/f\d"/,
    )
    expect(cut.stderr.match(/is read again/g)).toHaveLength(2)
    expect((await cli(['list', '--json'], env)).json<{ backups: object[] }>().backups).toHaveLength(before)
  })

  test('who uses a volume rests while it is read, and runs again', async () => {
    const image = await ensureBusybox(engine!)
    const user = await startSleeper(engine!, {
      image,
      HostConfig: { Binds: [`${bench.names.restless}:/data`] },
    })
    const stopped = await startSleeper(engine!, {
      image,
      HostConfig: { Binds: [`${bench.names.restless}:/data`] },
    })
    await stopped.stop({ t: 0 })
    const stateOf = async (container: Docker.Container) => (await container.inspect()).State
    const before = await stateOf(user)
    const rested = await cli(['volume-backup', bench.names.restless, '--stop', '--no-color'], env)
    expect(rested, rested.stderr).toMatchObject({ exitCode: 0 })
    expect(rested.stderr).not.toContain('is in use by the database server') // its container rested too
    const after = await stateOf(user)
    expect([before.Running, after.Running, after.StartedAt > before.StartedAt]).toEqual([true, true, true])
    expect((await stateOf(stopped)).Running).toBe(false)
    expect(await bench.sh('echo runs again')).toEqual(Buffer.from('runs again\n'))
    for (const container of [user, stopped]) await container.remove({ force: true })
  })

  test('status names what nothing covers', async () => {
    const { stdout } = await cli(['status'], env)
    const [seen, uncovered] = stdout.split('\nNOT COVERED by any backup:\n')
    expect(seen).toMatch(new RegExp(`  volume.${bench.names.all} \\(volume of .*\\): last backup `))
    expect(uncovered).not.toContain(bench.names.all)
    await engine!.docker.createVolume({ Name: `${bench.names.all}-bare` })
    const again = await cli(['status', '--json'], env)
    await engine!.docker.getVolume(`${bench.names.all}-bare`).remove()
    const { uncovered: all } = again.json<{ uncovered: { id: string; kind: string }[] }>()
    expect(all).toContainEqual({ id: `volume.${bench.names.all}-bare`, kind: 'volume' })
  })

  test('a volume that is not there is an error that names those that are', async () => {
    const failed = await cli(['volume-backup', `${bench.names.all}x`, '--json'], env)
    expect(failed.exitCode).toBe(4)
    expect(failed.json<Failed>().error).toMatchObject({
      code: 'source-not-found',
      hint: expect.stringContaining(bench.names.all),
    })
  })
})
