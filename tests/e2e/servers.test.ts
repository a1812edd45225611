import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientTools } from '../testbed/client-tools.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { cli, type Finished, startCli } from './cli.ts'

const engine = testEngine()

interface Backup {
  id: string
  type: string
  source: { id: string }
  serverRun?: { id: string; databases: number }
  objects: { globals?: { sha256: string } }
}
interface Created {
  serverRun: string
  databases: { database: string; backup: Backup }[]
}
interface Failed {
  error: {
    code: string
    message: string
    hint: string
    context: {
      databases: { database: string; backup?: unknown; error?: { code: string } }[]
    }
  }
}

const odd = `my "odd" base's`
const namesOf = ({ databases }: { databases: { database: string }[] }) => databases.map(one => one.database)

describe.skipIf(!engine)('a whole server', () => {
  let server: PostgresContainer
  let other: PostgresContainer
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    const args = ['-c', 'max_prepared_transactions=5']
    server = await startPostgres(engine!, { version: '15', env: { POSTGRES_DB: 'pc_db' }, publish: true })
    other = await startPostgres(engine!, { version: '17', args, publish: true })
    folder = await mkdtemp(join(tmpdir(), 'respaldo-e2e-'))
    env = { DOCKER_HOST: `unix://${engine!.socketPath}`, BACKUP_DIR: join(folder, 'backups') }
    await server.sql(`CREATE ROLE duena LOGIN PASSWORD 'duena'; CREATE ROLE "Lector de todo" VALID UNTIL '2030-01-01';
      GRANT "Lector de todo" TO duena; CREATE ROLE pobre LOGIN PASSWORD 'pobre'`)
    await server.sql('CREATE DATABASE crm OWNER duena')
    await server.sql(`CREATE DATABASE "${odd.replaceAll('"', '""')}"`)
    await server.sql('CREATE DATABASE plantilla IS_TEMPLATE true')
    await server.sql('CREATE DATABASE cerrada ALLOW_CONNECTIONS false')
    for (const database of ['pc_db', 'crm', odd]) await fill(database)
  })
  afterAll(async () => {
    await server?.remove()
    await other?.remove()
    if (folder) await rm(folder, { recursive: true })
  })

  const fill = (database: string) =>
    server.sql(
      `CREATE TABLE cosas (id int PRIMARY KEY, texto text);
       INSERT INTO cosas SELECT n, '${database.replaceAll("'", "''")} ' || n FROM generate_series(1, 500) n`,
      { database },
    )
  const content = (of: PostgresContainer, database: string) =>
    of.sql(`SELECT count(*), md5(string_agg(texto, ',' ORDER BY id)) FROM cosas`, { database })
  const run = (...args: string[]): Promise<Finished> => cli([...args, '--json'], env)
  const createAll = async (...more: string[]): Promise<Created & { warnings: string }> => {
    const made = await run('create', '--container', server.name, '--all-databases', ...more)
    expect(made, made.stdout + made.stderr).toMatchObject({ exitCode: 0 })
    return { ...made.json<Created>(), warnings: made.stderr }
  }

  let first: Created
  let second: Created

  test('every database of users is a source and a backup of its own, with the same roles in each', async () => {
    const alone = await run('create', '--container', server.name, '--database', 'crm')
    const { backup } = alone.json<{ backup: Backup }>()
    const swapped = await run('restore', `${backup.source.id}/${backup.id}`, '--yes')
    expect(swapped, swapped.stdout).toMatchObject({ exitCode: 0 }) // so that there is a kept database

    const made = await createAll('--role-passwords', '--name', 'noche')
    expect(namesOf(made)).toEqual(['crm', odd, 'pc_db'])
    expect(made.warnings).toContain('cerrada does not allow connections and is left out')
    const backups = made.databases.map(one => one.backup)
    expect(backups[0]!.source.id).toBe(backup.source.id)
    expect(new Set(backups.map(one => one.source.id)).size).toBe(3)
    expect(new Set(backups.map(one => JSON.stringify(one.serverRun)))).toEqual(
      new Set([JSON.stringify({ id: made.serverRun, databases: 3 })]),
    )
    const globals = new Set(backups.map(one => one.objects.globals?.sha256))
    expect(globals.size).toBe(1)
    expect(globals).not.toContain(undefined)
    first = made
  })

  test('a database that appears, and postgres once it holds something, are in the next run', async () => {
    await server.sql('CREATE DATABASE nueva')
    await fill('nueva')
    await fill('postgres')
    second = await createAll('--role-passwords')
    expect(namesOf(second)).toEqual(['crm', odd, 'nueva', 'pc_db', 'postgres'])
    const types = second.databases.map(({ backup }) => backup.type)
    expect(types.slice(1)).toEqual(['incremental', 'full', 'incremental', 'full'])
  })

  test('patterns choose, also in the configuration, which needs no flags', async () => {
    expect(namesOf(await createAll('--include', 'c*', '--include', '*_db', '--exclude', 'crm'))).toEqual([
      'pc_db',
    ])
    const typo = await createAll('--include', 'pc_db', '--include', 'shpo')
    expect(typo.warnings).toContain('No database is called shpo')
    const closed = await run('create', '--container', server.name, '--all-databases', '--include', 'cerrada')
    expect([closed.exitCode, closed.stderr]).toEqual([4, expect.not.stringContaining('No database')])
    const none = await run('create', '--container', server.name, '--all-databases', '--include', 'nadie*')
    expect(none).toMatchObject({ exitCode: 4 })
    expect(none.json<Failed>().error.hint).toContain('nueva')

    const config = join(folder, 'respaldo.yaml')
    const databases = '{ include: ["*_db", n*], exclude: [n?eva] }'
    const source = `{ name: casa, environment: docker, container: ${server.name}, databases: ${databases} }`
    await writeFile(config, `sources: [${source}]`)
    for (const named of [[], ['casa']]) {
      const made = await run('create', ...named, '--config', config)
      expect(namesOf(made.json<Created>()), made.stdout).toEqual(['pc_db'])
    }
    const one = await run('create', '--config', config, '--database', 'nueva')
    expect(one.json<{ backup: Backup }>().backup.source.id).toBe(second.databases[2]!.backup.source.id)
  })

  test('one that cannot be dumped fails the run and stops no other', async () => {
    await server.sql('CREATE DATABASE zona OWNER pobre')
    await server.sql('CREATE TABLE t (a int)', { database: 'zona', user: 'pobre' })
    const made = await run('create', '--container', server.name, '--all-databases', '--user', 'pobre')
    expect(made).toMatchObject({ exitCode: 6 })
    const { code, message, hint, context } = made.json<Failed>().error
    expect(code).toBe('command-failed')
    expect(message).toContain('5 of 6 databases could not be backed up: crm (')
    expect(hint).toContain('These were: zona')
    expect(context.databases.filter(one => one.backup).map(one => one.database)).toEqual(['zona'])
    expect(context.databases.filter(one => one.error)).toHaveLength(5)
    const { backups } = (await run('list', '--source', `${server.name}.zona`)).json<{ backups: unknown[] }>()
    expect(backups).toHaveLength(1)
    await server.sql('DROP DATABASE zona')
  })

  test('a run is restored to another server, roles with their passwords first', async () => {
    const into = ['--all-databases', '--container', other.name]
    const planned = await run('restore', second.serverRun, ...into, '--dry-run')
    const { plan } = planned.json<{ plan: { steps: string[]; replaces: string[]; missingRoles: string[] } }>()
    expect(plan.missingRoles.toSorted()).toEqual(['Lector de todo', 'duena', 'pobre'])
    expect(plan.replaces).toEqual([])
    expect(plan.steps.map(step => step.split(':')[0])).toEqual([
      expect.stringContaining('create the roles'),
      ...namesOf(second),
    ])
    expect(await other.sql(`SELECT count(*) FROM pg_database WHERE NOT datistemplate`)).toBe('1')

    const restored = await run('restore', second.serverRun, ...into)
    expect(restored, restored.stdout + restored.stderr).toMatchObject({ exitCode: 0 })
    expect(namesOf(restored.json())).toEqual(namesOf(second))
    for (const name of namesOf(second)) expect(await content(other, name)).toBe(await content(server, name))
    const roles = `SELECT rolname, rolcanlogin, rolvaliduntil, rolpassword, pg_has_role('duena', oid, 'MEMBER')
      FROM pg_authid WHERE rolname !~ '^pg_|postgres' ORDER BY 1`
    expect(await other.sql(roles)).toBe(await server.sql(roles))
    expect(await other.sql(`SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'crm'`)).toBe(
      'duena',
    )
  })

  test('what is replaced needs the name of the server, and one that fails stays as it was', async () => {
    for (const database of ['crm', odd, 'pc_db']) await other.sql('TRUNCATE cosas', { database })
    await other.sql(`BEGIN; INSERT INTO cosas VALUES (0, 'mine'); PREPARE TRANSACTION 'open'`, {
      database: odd,
    })
    await other.sql('ALTER ROLE duena CONNECTION LIMIT 5')
    const flags = ['--all-databases', '--container', other.name, '--exclude', 'postgres']
    const asked = await run('restore', 'noche', ...flags)
    expect(asked).toMatchObject({ exitCode: 8 })
    const { code: asking, message: question } = asked.json<Failed>().error
    expect([asking, question]).toEqual([
      'not-confirmed',
      `The restore would replace databases of ${other.name}: crm, ${odd}, pc_db`,
    ])
    expect(await content(other, 'pc_db')).toMatch(/^0\|/)

    const restored = await run('restore', 'noche', ...flags, '--yes')
    expect(restored).toMatchObject({ exitCode: 8 })
    const { code, message, context } = restored.json<Failed>().error
    expect(code).toBe('restore-unsafe')
    expect(message).toContain(`1 of 3 databases could not be restored: ${odd} (`)
    expect(context.databases.map(one => one.database)).toEqual(['crm', 'pc_db', odd])
    for (const name of ['crm', 'pc_db']) expect(await content(other, name)).toBe(await content(server, name))
    expect(await content(other, odd)).toMatch(/^0\|/)
    expect(await other.sql(`SELECT rolconnlimit FROM pg_roles WHERE rolname = 'duena'`)).toBe('5')
    expect(await other.sql(`SELECT count(*) FROM pg_database WHERE datname ~ '_before_'`)).toBe('2')
    await other.sql(`ROLLBACK PREPARED 'open'`, { database: odd })
  })

  test('a server that is reached directly is no other', async () => {
    const path = { PATH: `${await clientTools(17)}:${process.env.PATH}` }
    const urlOf = ({ host, port }: PostgresContainer) => `postgresql://postgres@${host}:${port}/postgres`
    const made = await cli(['create', '--url', urlOf(server), '--all-databases', '--json'], {
      ...env,
      ...path,
      PGPASSWORD: server.password,
    })
    expect(made, made.stdout).toMatchObject({ exitCode: 0 })
    const created = made.json<Created>()
    expect(namesOf(created)).toEqual(namesOf(second))
    const restored = await cli(
      [
        'restore',
        created.serverRun,
        '--url',
        urlOf(other),
        '--all-databases',
        '--include',
        'n*',
        '--yes',
        '--json',
      ],
      { ...env, ...path, PGPASSWORD: other.password },
    )
    expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
    expect(namesOf(restored.json())).toEqual(['nueva'])
    const ambiguous = await run('restore', 'latest', '--all-databases', '--yes')
    expect(ambiguous.json<Failed>().error).toMatchObject({ code: 'input-invalid' })
  })

  test('over HTTP the same, but for addresses', async () => {
    const serving = startCli(['serve', '--port', '0'], env)
    try {
      const call = async (input: object) => {
        const headers = { 'content-type': 'application/json' }
        const init = { method: 'POST', headers, body: JSON.stringify({ allDatabases: true, ...input }) }
        const answer = await fetch(`${await serving.said(/http:\S+/)}create`, init)
        return { status: answer.status, body: (await answer.json()) as Created & Failed }
      }
      const made = await call({ container: server.name, include: ['p*'] })
      expect(namesOf(made.body)).toEqual(['pc_db', 'postgres'])
      const none = await call({ container: server.name, include: ['p*'], exclude: ['*'] })
      expect([none.status, none.body.error.code]).toEqual([404, 'source-not-found'])
      expect(await call({ url: 'postgresql://db/postgres' })).toMatchObject({ status: 403 })
    } finally {
      serving.kill('SIGTERM')
      await serving.finished
    }
  })

  test('a run that lacks backups says so before it is restored', async () => {
    const { source, id } = first.databases[0]!.backup
    await rm(join(env.BACKUP_DIR!, 'sources', source.id, id), { recursive: true })
    const planned = await run('restore', first.serverRun, '--all-databases', '--dry-run')
    const { plan } = planned.json<{ plan: { warnings: string[]; replaces: string[] } }>()
    expect(plan.warnings).toContainEqual(expect.stringContaining('only 2 have a backup'))
    expect(plan.replaces).toEqual([odd, 'pc_db'])
  })
})
