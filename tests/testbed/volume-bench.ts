import { randomBytes } from 'node:crypto'
import type Docker from 'dockerode'
import type { Engine } from './engine.ts'
import { execIn } from './exec.ts'
import { ensureImage } from './images.ts'
import { runId, runLabel } from './run-id.ts'

/** Labels of the testbed, for what a test makes by other ways. */
export const testLabels = (): Record<string, string> => ({ [runLabel]: runId() })

/** A container that sleeps, for whatever a test wants to have in it; removed with its run. */
export async function startSleeper(
  { docker }: Engine,
  options: Docker.ContainerCreateOptions & { image: string },
): Promise<Docker.Container> {
  const { image, Labels, HostConfig, ...rest } = options
  const container = await docker.createContainer({
    name: `respaldo-test-${randomBytes(4).toString('hex')}`,
    Image: image,
    Entrypoint: ['sh', '-c', 'exec sleep 3600'],
    Cmd: [],
    ...rest,
    Labels: { ...Labels, ...testLabels() },
    HostConfig: { Init: true, NetworkMode: 'none', ...HostConfig },
  })
  await container.start()
  return container
}

/** Volumes and a container that has each of them at `/<key>`, where root's commands make and look at what is in them. */
export interface VolumeBench<Key extends string> {
  names: Readonly<Record<Key, string>>
  container: string
  /** Runs a script with `sh -e` and returns its output as it came; throws what it said when it fails. */
  sh(script: string, ...args: string[]): Promise<Buffer>
  remove(): Promise<void>
}

/** Makes one volume for each key. */
export async function openBench<Key extends string>(
  engine: Engine,
  keys: readonly Key[],
): Promise<VolumeBench<Key>> {
  const mark = randomBytes(3).toString('hex')
  const names = Object.fromEntries(keys.map(key => [key, `respaldo-test-${mark}-${key}`])) as Record<
    Key,
    string
  >
  for (const key of keys) await engine.docker.createVolume({ Name: names[key], Labels: testLabels() })
  const container = await startSleeper(engine, {
    image: await ensureImage(engine, 'postgres:17'),
    HostConfig: { Binds: keys.map(key => `${names[key]}:/${key}`) },
  })
  return {
    names,
    container: container.id,
    async sh(script, ...args) {
      const argv = ['sh', '-ec', script, 'sh', ...args]
      const { stdoutBytes, stderr, exitCode } = await execIn(engine.docker, container.id, argv)
      if (exitCode !== 0) throw new Error(`a script on volumes ended with ${exitCode}: ${stderr}`)
      return stdoutBytes
    },
    async remove() {
      await container.remove({ force: true, v: true })
      for (const key of keys)
        await engine.docker
          .getVolume(names[key])
          .remove()
          .catch(() => {})
    },
  }
}
