import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerEnvironment } from '#lib/environment/docker'
import { keptName, sideName } from '#lib/postgres/restore/transaction'
import { shellDatabase } from '#lib/postgres/shell-database'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { openRestoreDatabase, rolesSql, rows } from './restore-database.ts'

const engine = testEngine()

const awkward = [
  `it's "quoted" \\ and = dbname=x`,
  '  spaces, $dollars$ and $respaldo$ ',
  'señal ☂ 🚀 данные',
  'x'.repeat(63),
  `${'ñ'.repeat(31)}"`,
  '--help',
]

test('side and kept databases have names of at most 63 bytes, which are whole characters', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => Buffer.byteLength(text) <= 63)
  fc.assert(
    fc.property(
      name,
      fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
      (name, time) => {
        const [side, kept] = [sideName(name, time), keptName(name, time)]
        for (const made of [side, kept]) {
          expect(Buffer.byteLength(made)).toBeLessThanOrEqual(63)
          expect(Buffer.from(made).toString()).toBe(made)
          expect(
            name.startsWith(made.slice(0, made.lastIndexOf(made === side ? '_restoring_' : '_before_'))),
          ).toBe(true)
        }
        expect(side).not.toBe(kept)
      },
    ),
  )
})

describe.skipIf(!engine)('databases with awkward names', () => {
  let server: PostgresContainer
  beforeAll(async () => {
    server = await startPostgres(engine!, { version: '17' })
    await server.sql(rolesSql)
  })
  afterAll(async () => {
    await server?.remove()
  })

  const restores = async (database: string) => {
    const environment = dockerEnvironment({ socketPath: engine!.socketPath })
    const source = await environment.find({ container: server.name, database })
    const connect = () => environment.connection(source)
    return shellDatabase({ shell: environment.shell(source), database, connect }).restores
  }

  test.concurrent.each(awkward)(
    '%j is restored by a swap and in place, undone, and what was kept removed',
    { timeout: 600_000 },
    async name => {
      const database = await openRestoreDatabase(server, name, engine!.socketPath)
      try {
        for (const mode of [[], ['--in-place']]) {
          const restored = await database.run('restore', 'saved', ...mode, '--yes')
          expect(restored, restored.stdout).toMatchObject({ exitCode: 0 })
          expect(await database.content()).toBe(database.saved)
          const { kept } = restored.json<{ restored: { kept: string } }>().restored
          expect(rows(await database.content(kept))).toEqual(rows(database.changed))
          expect(await database.run('restore', '--undo', '--yes')).toMatchObject({ exitCode: 0 })
          expect(await database.content()).toBe(database.changed)
          const [left] = await database.others()
          expect(Buffer.byteLength(left!)).toBeLessThanOrEqual('kept '.length + 63)
          await restores(name).then(({ removeKept }) => removeKept(left!.slice('kept '.length)))
          expect(await database.others()).toEqual([])
        }
      } finally {
        await database.remove()
      }
    },
  )
})
