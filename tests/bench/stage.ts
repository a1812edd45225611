import { type Engine, openEngine } from '../testbed/engine.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { runId } from '../testbed/run-id.ts'
import { removeAll, removeLeftovers } from '../testbed/sweep.ts'
import { generatorSql } from './generator.ts'

/** A PostgreSQL 17 in a container, and a folder of this machine for what is stored. */
export interface Stage {
  engine: Engine
  server: PostgresContainer
  folder: string
}

/** Opens an engine as the tests do. What has to go afterwards is deferred to `opened` as soon as it is there, so that who is
 *  interrupted meanwhile can dispose of it; a private engine that nobody else uses is stopped. */
export async function openClean(opened: AsyncDisposableStack): Promise<Engine> {
  const engine = await openEngine()
  opened.defer(() => engine.close())
  opened.defer(() => removeAll(engine, runId()))
  await removeLeftovers(engine)
  return engine
}

/** The same with a server. */
export async function openStage(folder: string, opened: AsyncDisposableStack): Promise<Stage> {
  const engine = await openClean(opened)
  // Otherwise the server would be busy with one way's tables while the next way is measured.
  const server = await startPostgres(engine, { args: ['-c', 'autovacuum=off'] })
  return { engine, server, folder }
}

/** Makes a database whose dump has about so many gigabytes, and returns its name. */
export async function fillDatabase({ server }: Stage, gigabytes: number): Promise<string> {
  const name = `bench_${gigabytes}`.replaceAll(/\W/g, '_')
  await emptyDatabase(server, name)
  await server.sql(generatorSql(gigabytes), { database: name })
  return name
}

/** Leaves an empty database of that name, and no dirty page of what was there before. */
export function emptyDatabase(server: PostgresContainer, name: string): Promise<void> {
  return copyDatabase(server, 'template0', name)
}

/** Leaves a copy of a database that nobody is connected to, instead of what had that name. */
export async function copyDatabase({ sql }: PostgresContainer, from: string, name: string): Promise<void> {
  const statements = [
    'SET client_min_messages = warning;',
    `DROP DATABASE IF EXISTS ${name} WITH (FORCE);`,
    `CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy;`,
    'CHECKPOINT;',
  ]
  await sql(statements.join('\n'), { database: 'postgres' })
}
