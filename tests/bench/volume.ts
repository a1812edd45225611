import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureImage } from '../testbed/images.ts'
import { openBench, type VolumeBench } from '../testbed/volume-bench.ts'
import type { Place, Speech } from './bench.ts'
import type { Goal } from './goal.ts'
import type { Way } from './measure.ts'
import type { Options } from './options.ts'
import { respaldo } from './own.ts'
import type { Part } from './part.ts'
import { newRepository, rivalEnvironment } from './rival.ts'
import { openClean } from './stage.ts'

const script = readFileSync(new URL('volume.pl', import.meta.url), 'utf8')

// Without a log: else the engine would also write all that passes to a file, as JSON.
const tar =
  'docker run --rm --log-driver none --network none --volume "$VOLUME":/volume:ro --entrypoint tar "$IMAGE" -C / -c volume'
const toRestic = `${tar} | restic --quiet backup --stdin --stdin-filename volume.tar`

/** A volume of twice the gigabytes: a third small files, a third text, a third that nothing compresses. */
export async function* volumeParts(
  { folder, opened }: Place,
  { gigabytes, rounds }: Options,
  progress: Speech['progress'],
): AsyncGenerator<Part> {
  const engine = await openClean(opened)
  const bench = await openBench(engine, ['data'])
  opened.defer(bench.remove)
  progress(`Filling a volume of ${gigabytes * 2} GB …`)
  await bench.sh('exec perl -e "$1" /data "$2"', script, `${Math.round(gigabytes * 2e9)}`)
  const env = {
    ...(await rivalEnvironment({ engine, folder })),
    VOLUME: bench.names.data,
    IMAGE: await ensureImage(engine, 'postgres:17'),
    CONTAINER: bench.container,
  }
  yield volumePart({ folder, socketPath: engine.socketPath, bench, env }, rounds)
}

interface VolumeStage {
  folder: string
  socketPath: string
  bench: VolumeBench<'data'>
  env: NodeJS.ProcessEnv
}

/** In every round first backups, then 1 % of the files with new content, then second ones (stored: what they add). */
function volumePart({ folder, socketPath, bench, env }: VolumeStage, rounds: number): Part {
  const rival = (name: string, script: string, stored?: string): Way => ({
    name,
    argv: ['bash', '-o', 'pipefail', '-c', script],
    env,
    ...(stored && { stored: join(folder, stored) }),
  })
  const repository = join(folder, 'respaldo-volume')
  const own = (name: string, ...flags: string[]): Way => ({
    ...respaldo(name, ['volume-backup', bench.names.data, '--dir', repository, ...flags], folder, socketPath),
    stored: repository,
  })
  const first: Way = {
    ...own('respaldo volume-backup'),
    prepare: () => rm(repository, { recursive: true, force: true }),
  }
  const gzip = rival('tar | gzip > file', `${tar} | gzip > "$FOLDER/volume.tar.gz"`, 'volume.tar.gz')
  const restic: Way = { ...rival('tar | restic', toRestic, 'restic'), prepare: () => newRepository(env) }
  const archive = rival("the engine's archive > /dev/null", 'docker cp "$CONTAINER":/data - > /dev/null')
  const second: Way = {
    ...own('respaldo, 1 % changed', '--backup-type', 'incremental'),
    adds: true,
    prepare: () => bench.sh('exec perl -e "$1" /data change', script),
  }
  const resticSecond: Way = { ...rival('restic, 1 % changed', toRestic, 'restic'), adds: true }
  const than = (way: Way, of: Goal['of'], other: Way, atMost: number): Goal => ({
    way: way.name,
    of,
    rival: other.name,
    atMost,
  })
  const memory = ({ name }: Way): Goal => ({ way: name, of: 'memory', atMost: 200e6, aim: 150e6 })
  return {
    title: 'A volume',
    ways: [first, gzip, restic, archive, second, resticSecond],
    rounds,
    goals: [
      than(first, 'time', gzip, 0.6),
      than(first, 'time', restic, 0.9),
      than(second, 'time', resticSecond, 0.7),
      than(second, 'stored', resticSecond, 1.1),
      memory(first),
      memory(second),
    ],
  }
}
