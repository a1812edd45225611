import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure, type Way } from './measure.ts'
import { emptyDatabase, type Stage } from './stage.ts'

const main = fileURLToPath(new URL('../../runner/respaldo.mjs', import.meta.url))

/** The real command line as a process of its own, in a folder without a configuration, with no variable that would lead it elsewhere. */
export function respaldo(name: string, args: readonly string[], cwd: string, socketPath?: string): Way {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, ...(socketPath && { DOCKER_HOST: `unix://${socketPath}` }) }
  return { name, argv: [process.execPath, main, ...args], env, cwd }
}

/** The ways of one database; all of them share a repository in the stage's folder. */
export interface OwnWays {
  repository: string
  /** Into a new repository, so that every backup is a full one. */
  create: Way
  /** A backup into the repository that is there. */
  add(name: string, ...flags: string[]): Way
  restore: Way
  /** The backup of an id or a name into an empty database. */
  restoreOf(name: string, backup: string): Way
  /** Of the newest backup. */
  verify: Way
}

/** What needs a backup makes one where there is none. */
export function ownWays({ engine, server, folder }: Stage, database: string): OwnWays {
  const repository = join(folder, 'respaldo')
  const place = ['--container', server.name, '--dir', repository]
  const way = (name: string, ...args: string[]) =>
    respaldo(name, [...args, ...place], folder, engine.socketPath)
  const add = (name: string, ...flags: string[]): Way => ({
    ...way(name, 'create', '--database', database, ...flags),
    stored: repository,
  })
  const create = {
    ...add('respaldo create'),
    prepare: () => rm(repository, { recursive: true, force: true }),
  }
  const backedUp = async () => {
    if (!existsSync(repository)) await measure(create)
  }
  const restored = 'restored_by_respaldo'
  const restoreOf = (name: string, backup: string): Way => ({
    ...way(name, 'restore', backup, '--into', restored),
    prepare: async () => {
      await backedUp()
      await emptyDatabase(server, restored)
    },
  })
  return {
    repository,
    create,
    add,
    restoreOf,
    restore: restoreOf('respaldo restore', 'latest'),
    verify: {
      ...respaldo('respaldo verify', ['verify', 'latest', '--level', 'checked', '--dir', repository], folder),
      prepare: backedUp,
    },
  }
}
