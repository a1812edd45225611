import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientTools } from '../testbed/client-tools.ts'
import { run } from '../testbed/command.ts'
import { type PostgresContainer, type PostgresOptions, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'

const engine = testEngine()

const makes = [
  { version: '15', major: 15, commands: ['bash', 'gzip', 'zstd'], pipefail: false },
  { version: '17', major: 17, commands: ['bash', 'gzip', 'zstd'], pipefail: true },
  { version: '15-bare', major: 15, commands: [], pipefail: false },
  { version: '17-bare', major: 17, commands: ['gzip'], pipefail: true },
] as const

describe.skipIf(!engine).for(makes)(
  'testbed, PostgreSQL $version',
  ({ version, major, commands, pipefail }) => {
    let postgres: PostgresContainer

    beforeAll(async () => {
      postgres = await start({ version, publish: true, args: ['-c', 'max_connections=33'] })
    }, 60_000)
    afterAll(() => postgres?.remove())

    test('is that major, with the arguments and the encoding that were asked for', async () => {
      const facts = "current_setting('max_connections'), pg_encoding_to_char(encoding), datcollate"
      const version = await postgres.sql('SHOW server_version_num')
      expect(Math.floor(Number(version) / 10_000)).toBe(major)
      const found = await postgres.sql(`SELECT ${facts} FROM pg_database WHERE datname = current_database()`)
      expect(found).toBe('33|UTF8|C.UTF-8')
    })

    test('has postgres as process 1', async () => {
      const { stdout } = await postgres.exec(['cat', '/proc/1/comm'])
      expect(stdout).toBe('postgres\n')
    })

    test('has the commands of its recipe and no others', async () => {
      const script = 'for c in bash gzip zstd; do command -v $c >/dev/null && echo $c; done; true'
      const { stdout } = await postgres.exec(['sh', '-c', script])
      expect(stdout.split('\n').filter(Boolean)).toEqual(commands)
    })

    test('has a plain sh that notices a failing pipe, or not', async () => {
      const { exitCode } = await postgres.exec(['sh', '-c', '(set -o pipefail) 2>/dev/null'])
      expect(exitCode === 0).toBe(pipefail)
    })

    test('has the real client programs first on its path', async () => {
      const script = 'for c in psql pg_dump pg_restore pg_dumpall; do command -v $c; done'
      const { stdout } = await postgres.exec(['sh', '-c', script])
      expect(stdout).toMatch(new RegExp(`^(/usr/lib/postgresql/${major}/bin/\\w+\n){4}$`))
    })

    test('keeps its data over a restart', async () => {
      await postgres.sql('CREATE TABLE kept AS SELECT 42 AS answer')
      await postgres.stop()
      await postgres.start()
      expect(await postgres.sql('SELECT answer FROM kept')).toBe('42')
    })

    test('accepts the password from outside, and no other', async () => {
      const tools = await clientTools(major)
      const ask = (password: string) => run([`${tools}/psql`, '-X', '-At', '-c', 'SELECT 1', url(password)])
      expect(await ask(postgres.password)).toBe('1\n')
      await expect(ask('wrong')).rejects.toThrow('password authentication failed')
    }, 60_000)

    function url(password: string): string {
      return `postgres://${postgres.user}:${password}@${postgres.host}:${postgres.port}/${postgres.database}`
    }
  },
)

describe.skipIf(!engine)('testbed', () => {
  test('an exec gives exit code, both outputs and takes input, also when nobody reads it', async () => {
    const postgres = await start({ version: '17' })
    expect(await postgres.exec(['sh', '-c', 'cat; echo no >&2; exit 3'], { stdin: 'hey' })).toMatchObject({
      stdout: 'hey',
      stderr: 'no\n',
      exitCode: 3,
    })
    const unread = await postgres.exec(['true'], { stdin: Buffer.alloc(4_000_000) })
    expect(unread.exitCode).toBe(0)
    await expect(postgres.sql('SELECT * FROM nowhere')).rejects.toThrow('relation "nowhere" does not exist')
    await postgres.remove()
  }, 60_000)

  test('the first start runs the initialisation files and makes the named role and database', async () => {
    const init = await mkdtemp(join(tmpdir(), 'respaldo-testbed-'))
    await writeFile(join(init, 'one.sql'), "CREATE TABLE initialised AS SELECT 'here' AS note")
    await chmod(init, 0o755)
    const env = { POSTGRES_USER: 'ana', POSTGRES_PASSWORD: "it's $ecret", POSTGRES_DB: 'Tienda "1"' }
    const postgres = await start({ version: '17', env, binds: [`${init}:/docker-entrypoint-initdb.d:ro`] })
    expect(await postgres.sql('SELECT current_user, current_database(), note FROM initialised')).toBe(
      'ana|Tienda "1"|here',
    )
    await postgres.remove()
    await rm(init, { recursive: true })
  }, 60_000)
})

function start(options: PostgresOptions): Promise<PostgresContainer> {
  if (!engine) throw new Error('no engine')
  return startPostgres(engine, options)
}
