import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { resticFolder } from '../testbed/client-tools.ts'
import { run } from '../testbed/command.ts'
import { engineTools } from '../testbed/daemon.ts'
import { canUnpack } from '../testbed/debian.ts'
import { toolbox } from '../testbed/toolbox.ts'
import { measure, type Way } from './measure.ts'
import { emptyDatabase, type Stage } from './stage.ts'

/** What people do today, each as one command: the clients beside the database, the rest here. */
export interface Rivals {
  /** Ends beside the database, and nothing is stored: no way of reading it is faster. */
  limit: Way
  gzip: Way
  zstd: Way
  /** Into a new repository each time. */
  restic: Way
  /** What `zstd` stored, into an empty database. */
  restore: Way
}

const dump = 'docker exec "$CONTAINER" pg_dump --username "$DATABASE_USER" --dbname "$DATABASE"'
const toNothing = `docker exec "$CONTAINER" sh -c 'pg_dump -U "$0" -Fc -Z0 "$1" > /dev/null' "$DATABASE_USER" "$DATABASE"`
const toRestic = `${dump} --format custom --compress 0 | restic --quiet backup --stdin --stdin-filename database.dump`
const back =
  'docker exec -i "$CONTAINER" pg_restore --exit-on-error --username "$DATABASE_USER" --dbname "$RESTORED" < "$FOLDER/zstd.dump"'

/** Fetches what the rivals need (Docker's command line, restic) and tells their commands. */
export async function openRivals(stage: Stage, database: string): Promise<Rivals> {
  const { server, folder } = stage
  const restored = 'restored_by_rival'
  const env = { ...(await rivalEnvironment(stage)), ...variables(stage, database, restored) }
  const way = (name: string, script: string, stored?: string): Way => ({
    name,
    argv: ['bash', '-o', 'pipefail', '-c', script],
    env,
    ...(stored && { stored: join(folder, stored) }),
  })
  const zstdScript = `${dump} --format custom --compress zstd:3 > "$FOLDER/zstd.dump"`
  const zstd = way('pg_dump -Z zstd:3 > file', zstdScript, 'zstd.dump')
  return {
    limit: way('pg_dump > /dev/null', toNothing),
    gzip: way('pg_dump | gzip > file', `${dump} | gzip > "$FOLDER/gzip.sql.gz"`, 'gzip.sql.gz'),
    zstd,
    restic: { ...way('pg_dump | restic', toRestic, 'restic'), prepare: () => newRepository(env) },
    restore: {
      ...way('pg_restore < file', back),
      prepare: async () => {
        if (!existsSync(join(folder, 'zstd.dump'))) await measure(zstd)
        await emptyDatabase(server, restored)
      },
    },
  }
}

/** An empty repository of restic's where the environment says. */
export async function newRepository(env: NodeJS.ProcessEnv): Promise<void> {
  await rm(`${env.RESTIC_REPOSITORY}`, { recursive: true, force: true })
  await run(['restic', '--quiet', 'init'], { env })
}

/** The commands run with what stands in the environment, so that no name needs to be quoted. */
function variables({ server }: Stage, database: string, restored: string): NodeJS.ProcessEnv {
  return {
    CONTAINER: server.name,
    DATABASE_USER: server.user,
    DATABASE: database,
    RESTORED: restored,
  }
}

/** What the rivals' programs need to be found and to work in the folder. Where nothing can be unpacked, restic has to be there. */
export async function rivalEnvironment({
  engine: { kind, socketPath },
  folder,
}: Pick<Stage, 'engine' | 'folder'>): Promise<NodeJS.ProcessEnv> {
  const docker = kind === 'private' ? await engineTools() : await toolbox([], { docker: 'docker.io' })
  const path = [...((await canUnpack()) ? [await resticFolder()] : []), docker.PATH].join(':')
  return {
    ...docker,
    PATH: path,
    DOCKER_HOST: `unix://${socketPath}`,
    FOLDER: folder,
    RESTIC_REPOSITORY: join(folder, 'restic'),
    RESTIC_CACHE_DIR: join(folder, 'restic-cache'),
    RESTIC_PASSWORD: 'of a benchmark',
  }
}
