import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect } from '#lib/bytes'
import { embeddedEnvironment } from '#lib/environment/embedded'
import { withDatabase } from '#lib/environment/embedded-session'
import type { Database, DumpRequest, RestoreInput, RestoreRequest, TableCount } from '#lib/postgres/database'
import { splitStatements } from '#lib/postgres/sql-split'

/** A folder of a test's own, away when the test is done. */
export async function workFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'respaldo-embedded-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Makes a database once, of which each test takes a copy: making one takes seconds, a copy a tenth. */
export async function template(sql: string, extensions: readonly string[] = []) {
  const work = await workFolder()
  const folder = join(work.path, 'tienda')
  await withDatabase({ folder, create: true, extensions }, session => session.exec(sql))
  return {
    /** The original, for who only reads. */
    folder,
    async copy() {
      const own = await workFolder()
      const copied = join(own.path, 'tienda')
      await cp(folder, copied, { recursive: true })
      return { parent: own.path, folder: copied, [Symbol.asyncDispose]: own[Symbol.asyncDispose] }
    },
    [Symbol.asyncDispose]: work[Symbol.asyncDispose],
  }
}

/** The database of a folder, found as a user's is. */
export async function databaseIn(folder: string): Promise<Database> {
  const environment = embeddedEnvironment({ folder, statements: splitStatements })
  return environment.database(await environment.find({}))
}

export const dumpOf = (database: Database, scope: DumpRequest['scope'] = {}): Promise<Buffer> =>
  collect(database.dump({ scope, format: 'plain', run: 'test' }))

/** A dump as a restore's input. */
export function inputOf(dump: Uint8Array, tables?: TableCount[], globals?: string): RestoreInput {
  return {
    format: 'plain',
    open: () => pieces(dump),
    rawBytes: dump.byteLength,
    tables,
    ...(globals ? { globals } : {}),
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 10_000) yield bytes.subarray(at, at + 10_000)
}

export const time = new Date('2025-04-08T16:00:00Z')

export const request = (more: Partial<RestoreRequest> = {}): RestoreRequest => ({
  run: 'test',
  time,
  mode: 'swap',
  database: 'tienda',
  ...more,
})

/** Rows of every table, as text. */
export const rowsIn = (folder: string, sql: string): Promise<Record<string, unknown>[]> =>
  withDatabase({ folder }, session => session.rows(sql))

export const run = (folder: string, sql: string): Promise<void> =>
  withDatabase({ folder }, session => session.exec(sql))

export const silent = () => {}

/** What a recovery is handed that has no safety backup to look for. */
export const noRecovery = {
  run: 'recovery',
  time: new Date(0),
  safetyOf: () => Promise.reject(new Error('no safety backup was asked for')),
  report: silent,
  signal: undefined,
}
