import type { PostgresContainer } from '../testbed/postgres.ts'
import { emptyDatabase } from './stage.ts'

/** What happens to a database between two backups. */
export type Change = (server: PostgresContainer, database: string) => Promise<unknown>

/** Statements in the database; what they leave to be written is written, else the first reader would do it. */
export const statements =
  (...all: string[]): Change =>
  ({ sql }, database) =>
    sql([...all, 'VACUUM;', 'CHECKPOINT;'].join('\n'), { database })

/** Adds a share of their rows to all tables that grow in a shop: copies of their first ones, numbered and dated behind the last. */
export const grow = (share: number): Change => statements(...growing.map(column => moreRows(column, share)))

/** Numbers or times that their tables are in the order of. */
const growing = [
  { table: 'orders', by: 'id' },
  { table: 'order_lines', by: 'order_id' },
  { table: 'documents', by: 'id' },
  { table: 'measurements', by: 'at' },
  { table: 'events', by: 'id' },
]

function moreRows({ table, by }: { table: string; by: string }, share: number): string {
  return `CREATE TEMPORARY TABLE more AS SELECT ${table}.* FROM ${table},
      (SELECT min(${by}) AS low, max(${by}) - min(${by}) AS span FROM ${table}) AS whole
      WHERE ${by} > low AND ${by} <= low + span * ${share} ORDER BY ${by};
    UPDATE more SET ${by} = ${by} + (SELECT max(${by}) - min(${by}) FROM ${table});
    INSERT INTO ${table} SELECT * FROM more;
    DROP TABLE more;`
}

/** Dumps the database and restores it under its name, as one does after a failure. */
export const dumpAndRestore: Change = async (server, database) => {
  const copy = `${database}_copy`
  await emptyDatabase(server, copy)
  const script = `pg_dump -U ${server.user} -Fc -Z0 ${database} | pg_restore -U ${server.user} -e -d ${copy}`
  const { exitCode, stderr } = await server.exec(['bash', '-o', 'pipefail', '-c', script])
  if (exitCode !== 0) throw new Error(`The database could not be restored: ${stderr}`)
  await statements()(server, copy)
  await server.sql(`DROP DATABASE ${database} WITH (FORCE); ALTER DATABASE ${copy} RENAME TO ${database};`, {
    database: 'postgres',
  })
}
