import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresContainer } from '../testbed/postgres.ts'
import { cli, type Finished } from './cli.ts'

/** A small database with a backup, changed since: what is in it tells the one from the other, and either from a half. */
export interface RestoreDatabase {
  name: string
  env: Record<string, string>
  /** `saved`: as the backup has it. `changed`: as it was when the restore began. Both with comment and privileges. */
  saved: string
  changed: string
  /** What is under its name now; throws when nobody can connect. */
  content(name?: string): Promise<string>
  /** The other databases that Respaldo has made of it, each with the state in its marker. */
  others(): Promise<string[]>
  /** Of the command line, with the flags that name this database. */
  run(...args: string[]): Promise<Finished>
  flags: readonly string[]
  /** Drops what restores have kept. */
  dropOthers(): Promise<void>
  remove(): Promise<void>
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

/** For a program that would take a name with a `=` for something else. */
const connectionInfo = (name: string) => `dbname='${name.replaceAll(/[\\']/g, '\\$&')}'`

/** What a killed run began goes on in the server: whoever connects in the very moment of a renaming is sent away, and comes again. */
async function askedAgain(ask: () => Promise<string>): Promise<string> {
  for (;;)
    try {
      return await ask()
    } catch (error) {
      if (!String(error).includes('just been dropped or renamed')) throw error
    }
}

const contentSql = `SELECT count(*), sum(id), md5(string_agg(nombre, ',' ORDER BY id)) FROM clientes
  UNION ALL SELECT count(*), sum(total), md5(string_agg(cliente::text, ',' ORDER BY id)) FROM pedidos
  UNION ALL SELECT count(*), sum(valor), NULL FROM ultimos
  UNION ALL (SELECT d.datconnlimit, 0, shobj_description(d.oid, 'pg_database') || ' '
    || has_database_privilege('lector', d.oid, 'CONNECT') || has_database_privilege('nadie', d.oid, 'CONNECT') || ' '
    || pg_get_userbyid(d.datdba) FROM pg_database d WHERE datname = current_database())`

/** Makes it on a server, and its backup `saved` in a repository of its own. */
export async function openRestoreDatabase(
  server: PostgresContainer,
  name: string,
  engineSocket: string,
): Promise<RestoreDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
  const env = { DOCKER_HOST: `unix://${engineSocket}`, BACKUP_DIR: join(folder, 'backups') }
  const flags = ['--container', server.name, '--database', name, '--json']
  const content = (database = name) =>
    askedAgain(() => server.sql(contentSql, { database: connectionInfo(database) }))
  const other = `datname <> ${literal(name)} AND shobj_description(oid, 'pg_database') LIKE 'respaldo:%'
    AND strpos(shobj_description(oid, 'pg_database'), ${literal(`"of":${JSON.stringify(name)}`)}) > 0`
  const others = async () => {
    const found =
      await server.sql(`SELECT (substr(shobj_description(oid, 'pg_database'), 10)::json->>'state') || ' ' || datname
      FROM pg_database WHERE ${other} ORDER BY 1`)
    return found.split('\n').filter(Boolean)
  }
  await server.sql(`CREATE DATABASE ${identifier(name)} TEMPLATE template0 OWNER duena`)
  await server.sql(
    `REVOKE CONNECT ON DATABASE ${identifier(name)} FROM PUBLIC; GRANT CONNECT ON DATABASE ${identifier(name)} TO lector;
     COMMENT ON DATABASE ${identifier(name)} IS 'saved'; ${tables}`,
    { database: connectionInfo(name) },
  )
  const made = await cli(['create', '--name', 'saved', ...flags], env)
  if (made.exitCode !== 0) throw new Error(made.stdout)
  const saved = await content()
  await server.sql(
    `DELETE FROM pedidos WHERE id > 20; UPDATE clientes SET nombre = 'changed'; DROP TABLE ultimos; CREATE TABLE ultimos (valor int);
     COMMENT ON DATABASE ${identifier(name)} IS 'changed'; ALTER DATABASE ${identifier(name)} CONNECTION LIMIT 77;
     GRANT CONNECT ON DATABASE ${identifier(name)} TO nadie; REVOKE CONNECT ON DATABASE ${identifier(name)} FROM lector`,
    { database: connectionInfo(name) },
  )
  return {
    name,
    env,
    flags,
    saved,
    changed: await content(),
    content,
    others,
    run: (...args) => cli([...args, ...flags], env),
    dropOthers: async () => {
      for (const one of await others())
        await server.sql(`DROP DATABASE ${identifier(one.slice(one.indexOf(' ') + 1))}`)
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

/** The roles that such a database names. */
export const rolesSql = 'CREATE ROLE duena; CREATE ROLE lector; CREATE ROLE nadie'

const tables = `CREATE TABLE clientes (id int PRIMARY KEY, nombre text NOT NULL);
  INSERT INTO clientes SELECT n, 'cliente ' || n FROM generate_series(1, 200) n;
  CREATE TABLE pedidos (id int PRIMARY KEY, cliente int NOT NULL REFERENCES clientes, total int NOT NULL);
  INSERT INTO pedidos SELECT n, n % 200 + 1, n * 7 FROM generate_series(1, 300) n;
  CREATE TABLE ultimos (valor int); INSERT INTO ultimos VALUES (1), (2);`

/** Of a content without comment and privileges, instead of which a kept database has a marker. */
export const rows = (content: string): string[] => content.split('\n').slice(0, 3)
