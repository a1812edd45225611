import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDamages, damageGroups, definitionDamages, otherDamages } from '../fixtures/damages.ts'
import { everythingSecrets, everythingSql, fixtureSql } from '../fixtures/everything.ts'
import { installExtension } from '../fixtures/extension.ts'
import { collectFacts, collectRoleFacts, diffFacts, type Facts, type Sql } from '../fixtures/facts.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'

const engine = testEngine()
const roleDamages = [
  ['an attribute', 'ALTER ROLE fx_writer CONNECTION LIMIT 4', 'role fx_writer attributes'],
  ['a setting', 'ALTER ROLE fx_reader RESET statement_timeout', 'role fx_reader settings'],
  ['a comment', 'COMMENT ON ROLE fx_reader IS NULL', 'role fx_reader comment'],
  ['a membership', 'REVOKE fx_writer FROM fx_admin', 'role fx_admin member of fx_writer, by postgres'],
  [
    'an admin option',
    'REVOKE ADMIN OPTION FOR fx_reader FROM fx_owner',
    'role fx_owner member of fx_reader, by postgres',
  ],
  [
    'a parameter',
    'REVOKE SET ON PARAMETER log_min_duration_statement FROM fx_admin',
    'parameter log_min_duration_statement privileges',
  ],
] as const
const damages = [...contentDamages, ...definitionDamages, ...otherDamages]

describe.skipIf(!engine).for(['15', '17'] as const)('facts, PostgreSQL %s', version => {
  let postgres: PostgresContainer
  let facts: Facts

  const query =
    (database: string): Sql =>
    text =>
      postgres.sql(text, { database })

  beforeAll(async () => {
    if (!engine) throw new Error('no engine')
    postgres = await startPostgres(engine, { version, args: ['-c', 'fsync=off'] })
    await installExtension(postgres)
    await postgres.sql('CREATE DATABASE everything TEMPLATE template0')
    await query('everything')(everythingSql(version === '15' ? 15 : 17))
    await query('everything')(fixtureSql('extension.sql'))
    facts = await collectFacts(query('everything'))
  })
  afterAll(() => postgres?.remove())

  test('tell nothing of the name, nor of the settings of the session', async () => {
    const renamed = 'ALTER DATABASE everything RENAME TO'
    await postgres.sql(`${renamed} "another ""name"""`)
    const odd =
      "SET DateStyle = 'German'; SET extra_float_digits = -15; SET search_path = fx; SET TimeZone = 'Asia/Tokyo';"
    const again = await collectFacts(text => query('another "name"')(odd + text))
    await postgres.sql(`${renamed.replace('everything', '"another ""name"""')} everything`)
    expect(diffFacts(facts, again)).toEqual([])
  })

  test('are the same after a restore with stock tools', async () => {
    const restore = `pg_dump -U postgres -Fc everything > /tmp/dump
      psql -U postgres -Xqc 'ALTER DATABASE everything RENAME TO original'
      pg_restore -U postgres --create --exit-on-error -d postgres /tmp/dump
      psql -U postgres -Xqc 'ALTER DATABASE everything RENAME TO restored' -c 'ALTER DATABASE original RENAME TO everything'`
    const { exitCode, stderr } = await postgres.exec(['sh', '-ec', restore])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(diffFacts(facts, await collectFacts(query('restored')))).toEqual([])
  })

  test('come from a database whose dump holds secrets to look for elsewhere', async () => {
    const { stdout } = await postgres.exec(['pg_dump', '-U', 'postgres', '--schema-only', 'everything'])
    expect(everythingSecrets.filter(secret => stdout.includes(secret))).toEqual(everythingSecrets.slice(1))
  })

  // Many at once only to save time.
  test.for(damageGroups(damages).map(group => ({ group, names: group.map(({ name }) => name).join(', ') })))(
    'see damage: $names',
    async ({ group }) => {
      const after = await collectFacts(
        damaged(group.map(({ sql }) => `${sql}; SET CONSTRAINTS ALL IMMEDIATE`).join(';\n')),
      )
      expect(differing(facts, after)).toEqual(group.flatMap(damage => damage.facts).sort())
    },
  )

  test.for(roleDamages)('see damage to a role: %s', async ([, sql, ...names]) => {
    const before = await collectRoleFacts(postgres.sql)
    const after = await collectRoleFacts(damaged(sql))
    expect(differing(before, after)).toEqual(names)
  })

  /** Queries a database as it would be after the damage, which is taken back each time. */
  function damaged(sql: string): Sql {
    return text => query('everything')(`BEGIN;\n${sql};\n${text};\nROLLBACK;`)
  }
})

function differing(before: Facts, after: Facts): string[] {
  const lines = diffFacts(before, after)
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return lines.map(line => names.find(name => line.startsWith(`${name}: `)) ?? line)
}
