import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { run } from '../testbed/command.ts'
import { composeProgram } from '../testbed/debian-programs.ts'
import type { Engine } from '../testbed/engine.ts'
import { ensureImage } from '../testbed/images.ts'
import { ensureNodeImage } from '../testbed/node-image.ts'
import { freePort } from '../testbed/postgres-settings.ts'
import { runId, runLabel } from '../testbed/run-id.ts'

/** The image that compose builds: one for all runs, so that only what changed is built again. */
export const runnerImage = 'respaldo-testbed/runner'
const builtLabel = 'respaldo.testbed.built'

/** The project's docker-compose.yml, brought up as a project of its own. */
export interface ComposeProject {
  /** The name of its database's container. */
  database: string
  port: number
  /** Runs compose with these arguments and returns what it wrote to stdout. */
  compose(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>
  /** The id of a service's container. */
  container(service: string): Promise<string>
  remove(): Promise<void>
}

/** Prepares the images; nothing runs yet. Other than in the file are what a registry would have, and names and ports that nobody else uses. */
export async function openComposeProject(engine: Engine): Promise<ComposeProject> {
  const name = `respaldo-test-${randomBytes(4).toString('hex')}`
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-compose-'))
  const backups = join(folder, 'backups')
  await mkdir(backups)
  if (process.getuid?.() === 0) await chown(backups, 1000, 1000)
  const changes = join(folder, 'changes.yaml')
  await writeFile(changes, stringify(await changesFor(engine, name)))
  const program = await composeProgram()
  const project = fileURLToPath(new URL('../..', import.meta.url))
  const files = ['-p', name, '-f', join(project, 'docker-compose.yml'), '-f', changes]
  const port = await freePort()
  const settings = {
    DOCKER_HOST: `unix://${engine.socketPath}`,
    DOCKER_SOCKET: engine.socketPath,
    BACKUP_DIR: backups,
    POSTGRES_PORT: `127.0.0.1:${await freePort()}`,
    RESPALDO_PORT: `${port}`,
  }
  const compose: ComposeProject['compose'] = (args, env = {}) =>
    run([program, ...files, ...args], { env: { PATH: process.env.PATH, HOME: folder, ...settings, ...env } })
  return {
    database: `${name}-db`,
    port,
    compose,
    container: async service => (await compose(['--profile', 'demo', 'ps', '-aq', service])).trim(),
    remove: async () => {
      await compose(['--profile', 'demo', 'down', '--volumes', '--timeout', '5'])
      // What the build has replaced, unless another run uses it.
      await engine.docker.pruneImages({ filters: { dangling: ['true'], label: [builtLabel] } })
      await rm(folder, { recursive: true })
    },
  }
}

async function changesFor(engine: Engine, name: string): Promise<object> {
  const postgres = await ensureImage(engine, 'postgres:15')
  const node = await ensureNodeImage(engine)
  const labels = { [runLabel]: runId() }
  return {
    services: {
      postgres: { image: postgres, container_name: `${name}-db`, labels },
      respaldo: {
        image: runnerImage,
        build: { args: { NODE_IMAGE: node }, labels: { [builtLabel]: 'true' } },
        healthcheck: { interval: '1s' },
        labels,
      },
      demo: { image: postgres, labels },
    },
    networks: { default: { labels } },
    volumes: { postgres_data: { labels } },
  }
}
