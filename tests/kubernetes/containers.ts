import type Docker from 'dockerode'
import type { Engine } from '../testbed/engine.ts'
import { ensureImage } from '../testbed/images.ts'
import { runId, runLabel } from '../testbed/run-id.ts'

/** Starts a container of a PostgreSQL image that only sleeps: to everybody who does not connect it looks like a server. */
export async function sleeping(
  { docker }: Engine,
  image: string,
  { env = {}, script = 'exec sleep 3600' }: { env?: Record<string, string>; script?: string } = {},
): Promise<Docker.Container> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['sh', '-c', script],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [runLabel]: runId(), 'respaldo.source': 'false' },
    HostConfig: { Init: true },
  })
  await container.start()
  return container
}

export const serverImage = (engine: Engine): Promise<string> => ensureImage(engine, 'postgres:17')
