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

/** A database's way into a new repository, so that every backup is a full one, and out of it into an empty database. */
export function ownWays({ engine, server, folder }: Stage, database: string): { create: Way; restore: Way } {
  const repository = join(folder, 'respaldo')
  const place = ['--container', server.name, '--dir', repository]
  const way = (name: string, ...args: string[]) =>
    respaldo(name, [...args, ...place], folder, engine.socketPath)
  const create = {
    ...way('respaldo create', 'create', '--database', database),
    stored: repository,
    prepare: () => rm(repository, { recursive: true, force: true }),
  }
  const restored = 'restored_by_respaldo'
  const prepare = async () => {
    if (!existsSync(repository)) await measure(create)
    await emptyDatabase(server, restored)
  }
  return { create, restore: { ...way('respaldo restore', 'restore', 'latest', '--into', restored), prepare } }
}
