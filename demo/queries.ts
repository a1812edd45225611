import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'

/** What the application needs of a database: one statement with values, or several without. Closing gives the folder free. */
export interface Queries {
  rows<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  run(sql: string): Promise<void>
  close(): Promise<void>
}

/** Opens the PGlite database in a folder, or makes an empty one there. Only one process at a time may have it open. */
export async function openQueries(folder: string): Promise<Queries> {
  const pg = await PGlite.create(folder)
  return {
    rows: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await pg.query<Row>(sql, [...values])).rows,
    run: async sql => void (await pg.exec(sql)),
    close: () => pg.close(),
  }
}

/** Makes the application's tables and fills them. */
export async function seed(queries: Queries): Promise<void> {
  for (const file of ['schema.sql', 'data.sql'])
    await queries.run(await readFile(new URL(file, import.meta.url), 'utf8'))
}
