import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { collect, once } from '../bytes.ts'
import type { RunEvent } from '../events.ts'
import { type GuardOptions, guardPlain } from './plain.ts'

const read = (file: string) => readFileSync(new URL(`../../tests/vectors/archives/${file}`, import.meta.url))

async function guard(sql: string | Uint8Array, options: GuardOptions & { pieceBytes?: number } = {}) {
  const bytes = Buffer.from(sql as Uint8Array)
  const size = options.pieceBytes ?? Math.max(1, bytes.length)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  const warnings: string[] = []
  const report = (event: RunEvent) => void (event.type === 'warning' && warnings.push(event.message))
  const passed: Buffer[] = []
  try {
    for await (const piece of guardPlain(once(...pieces), { report, ...options }))
      passed.push(Buffer.from(piece))
    return { passed: Buffer.concat(passed).toString(), warnings, error: undefined }
  } catch (error) {
    return { passed: Buffer.concat(passed).toString(), warnings, error }
  }
}

/** The same for the whole and for every piece size that matters. */
async function passes(sql: string, options: GuardOptions = {}): Promise<string> {
  const whole = await guard(sql, options)
  expect(whole.error).toBeUndefined()
  for (const pieceBytes of [1, 3, 7]) expect(await guard(sql, { ...options, pieceBytes })).toEqual(whole)
  return whole.passed
}

describe('what passes untouched', () => {
  test.each(['pg15-inserts.sql', 'pg15-rows-per-insert.sql', 'pg15.sql', 'pg17.sql'])(
    '%s but for its \\restrict',
    async file => {
      const expected = read(file)
        .toString()
        .replaceAll(/^\\(?:un)?restrict .*$/gm, '')
      for (const pieceBytes of [1, 1000, 1_000_000])
        expect(await guard(read(file), { pieceBytes })).toEqual({
          passed: expected,
          warnings: [],
          error: undefined,
        })
    },
  )

  test.each(['INSERT INTO t VALUES (1)', '(SELECT 1'])('%s …, before its end', async begin => {
    const pieces = [`${begin} `, ...Array.from({ length: 40 }, () => ', (2)'.repeat(10_000))]
    let asked = 0
    const counted = async function* () {
      for await (const piece of once(...pieces)) {
        asked += 1
        yield piece
      }
    }
    let passed = 0
    for await (const piece of guardPlain(counted())) {
      passed += piece.length
      expect(passed).toBe(pieces.slice(0, asked).join('').length)
    }
    expect(asked).toBe(41)
  })

  test('pieces themselves, not copies', async () => {
    const piece = read('pglite.sql')
    for await (const passed of guardPlain(once(piece))) expect(passed.buffer).toBe(piece.buffer)
  })

  test.each([
    [
      'a function body',
      "CREATE FUNCTION f() RETURNS void AS $$ DROP DATABASE x;\n\\connect y\nCOPY t FROM PROGRAM 'z'; $$ LANGUAGE sql;",
    ],
    ['data', 'COPY t FROM stdin;\n\\connect x\nDROP DATABASE y;\n\\! ls\n\\.\nSELECT 1;'],
    ['texts and names', 'SELECT \'DROP DATABASE x; \\connect y\' AS "ALTER SYSTEM\n\\q";'],
    ['comments', '-- DROP DATABASE x;\n/* ALTER SYSTEM\n\\connect y */'],
    [
      'user mappings',
      'CREATE USER MAPPING FOR x SERVER y; ALTER USER MAPPING FOR x SERVER y; DROP USER MAPPING FOR x SERVER y;',
    ],
    [
      'rights on tables',
      'GRANT SELECT (a), UPDATE ON TABLE database TO x; REVOKE ALL ON SCHEMA s FROM y; GRANT ALL ON t TO "on";',
    ],
    [
      'comments on tables',
      'COMMENT ON TABLE database IS $$on database$$; SECURITY LABEL ON TABLE t IS NULL;',
    ],
    ['prepared statements', 'PREPARE x AS SELECT 1;'],
    [
      'other tables',
      'UPDATE pg_databases SET a = 1; ALTER TABLE system OWNER TO x; DROP TABLE IF EXISTS role;',
    ],
    [
      'rights for roles that are called as keywords',
      'GRANT SELECT ON t TO "database"; REVOKE ALL ON t FROM role;',
    ],
    ['what has no end', 'SELECT 1'],
    ['nothing', ''],
  ])('%s', async (_, sql) => {
    expect(await passes(sql)).toBe(sql)
  })
})

describe('what is left out', () => {
  test.each([
    ['DROP DATABASE IF EXISTS pc_db;'],
    ['/* a */ drop /* b */ DATABASE "x;y";'],
    ['CREATE DATABASE pc_db WITH TEMPLATE = template0;'],
    ['ALTER DATABASE pc_db OWNER TO x;'],
    ['ALTER ROLE app IN DATABASE pc_db SET work_mem TO 1;'],
    ["COMMENT ON DATABASE pc_db IS 'DROP';"],
    ['GRANT CONNECT, TEMPORARY ON DATABASE pc_db TO PUBLIC;'],
    ['REVOKE GRANT OPTION FOR ALL ON DATABASE pc_db FROM PUBLIC;'],
    ["SECURITY LABEL FOR x ON DATABASE pc_db IS 'y';"],
    ['UPDATE pg_catalog.pg_database SET datconnlimit = 1;'],
    ['update only "pg_database" set datistemplate = true;'],
    ['GRANT ALL ON TABLESPACE fast TO x;'],
    ['CREATE SUBSCRIPTION s CONNECTION $$x$$ PUBLICATION p;'],
    ['DROP DATABASE pc_db'],
  ])('%s', async statement => {
    const kept = statement.startsWith('/*') ? '/* a */ ' : ''
    const [before, after] = ['SELECT 1;\n', statement.endsWith(';') ? '\nSELECT 2;' : '']
    expect(await passes(before + statement + after)).toBe(before + kept + after)
    expect((await guard(before + statement + after)).warnings).toHaveLength(1)
  })

  test('leaves its line ends, so that errors name the right line', async () => {
    const sql = 'CREATE DATABASE\n  pc_db\n  WITH x = 1; SET a = 1;\n\\connect pc_db\nSELECT 2;'
    expect(await passes(sql)).toBe('\n\n SET a = 1;\n\nSELECT 2;')
    const refused = await guard('SET a = 1;\n\\connect pc_db\nSELECT 1;\n\n ALTER SYSTEM SET x = 1;')
    expect(refused.error).toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('at line 5: ALTER SYSTEM'),
      context: { line: 5 },
    })
  })

  test('is told once for each kind, with its line', async () => {
    const { warnings, passed } = await guard(read('pg15-clean-create.sql'))
    expect(warnings.map(warning => warning.replace(/ is left out.*/, ''))).toEqual([
      'Line 21: DROP DATABASE',
      'Line 26: CREATE DATABASE',
      'Line 29: ALTER DATABASE',
      'Line 32: \\connect',
      'Line 50: COMMENT ON DATABASE',
    ])
    expect(passed).not.toMatch(/^(?:(?:DROP|CREATE|ALTER) DATABASE|\\connect other_db|\\(?:un)?restrict)/m)
  })

  test('a byte order mark', async () => {
    expect(await passes('\ufeffSELECT 1;')).toBe('SELECT 1;')
  })

  test('subscriptions pass when they are asked for', async () => {
    const sql = 'CREATE SUBSCRIPTION s CONNECTION $$x$$ PUBLICATION p; COMMENT ON SUBSCRIPTION s IS NULL;'
    expect(await passes(sql, { subscriptions: true })).toBe(sql)
  })

  test('and nothing else does then', async () => {
    for (const sql of ["COMMENT ON DATABASE x IS 'y';", 'GRANT ALL ON DATABASE x TO y;', 'DROP DATABASE x;'])
      expect(await passes(sql, { subscriptions: true })).toBe('')
  })

  test('a role is made, with a warning', async () => {
    const { passed, warnings } = await guard('CREATE ROLE app LOGIN;')
    expect(passed).toBe('CREATE ROLE app LOGIN;')
    expect(warnings).toEqual([expect.stringContaining('Line 1: CREATE ROLE passes')])
  })
})

describe('what is refused', () => {
  test.each([
    ['ALTER SYSTEM SET x = 1;', 'ALTER SYSTEM'],
    ['DROP ROLE app;', 'DROP ROLE'],
    ["ALTER USER app PASSWORD 'secret';", 'ALTER USER'],
    ['ALTER ROLE app SET database TO x;', 'ALTER ROLE'],
    ['ALTER GROUP g ADD USER u;', 'ALTER GROUP'],
    ['GRANT admin TO app;', 'GRANT: it changes roles'],
    ['REVOKE ADMIN OPTION FOR admin FROM app;', 'REVOKE'],
    ['DROP OWNED BY app;', 'DROP OWNED'],
    ['REASSIGN OWNED BY a TO b;', 'REASSIGN: it changes roles'],
    ["CREATE TABLESPACE x LOCATION '/y';", 'CREATE TABLESPACE'],
    ["COPY t (a, b) FROM PROGRAM 'rm';", 'COPY FROM PROGRAM: it runs a program'],
    ["COPY (SELECT 1) TO PROGRAM 'rm';", 'COPY TO PROGRAM'],
    ["COPY t FROM '/etc/passwd';", 'COPY FROM A FILE: it reads or writes a file'],
    ["COPY t TO E'/tmp/x';", 'COPY TO A FILE'],
    ["PREPARE TRANSACTION 'x';", 'PREPARE TRANSACTION'],
    ['\\! rm -rf /', 'command \\!'],
    ['\\i other.sql', 'command \\i'],
    ['\\copy t from x', 'command \\copy'],
    ['\\o | sh', 'command \\o'],
    ['\\set x y', 'command \\set'],
    ['\\if true', 'command \\if'],
    ['\\connect - postgres', 'command \\connect as another user'],
    ['\\connect', 'command \\connect as another user'],
    ['\\connect -reuse-previous=on', 'command \\connect as another user'],
    ['\\g', 'command \\g'],
    ['\\gexec', 'command \\gexec'],
    ['\\cd /tmp', 'command \\cd'],
    ['\\', 'command \\'],
    ['\\\\', 'command \\\\'],
    ['\\connect x \\! ls', 'command \\connect'],
    ['\\restrict `ls`', 'command \\restrict'],
    ['select 1 \\g | sh', 'command \\g within a statement'],
    ['select 1 \\; drop database x;', 'command \\; within a statement'],
    ['copy t from stdin; \\! ls', 'something behind COPY'],
    ["set client_encoding = 'SJIS';", 'encoding'],
  ])('%s', async (sql, reason) => {
    const before = 'SELECT 1;\n'
    for (const pieceBytes of [1, 5, 1000]) {
      const { error, passed } = await guard(`${before}${sql}\nSELECT 2;`, { pieceBytes })
      expect(error).toMatchObject({
        code: 'input-invalid',
        message: expect.stringContaining(`at line 2: `),
        hint: expect.any(String),
      })
      expect((error as Error).message).toContain(reason)
      expect((error as Error).message).not.toContain('secret')
      expect(passed).not.toContain('SELECT 2')
      expect(before + sql).toContain(passed)
      expect(passed).not.toContain('\\')
    }
  })

  test.each([
    ['that pg_dumpall wrote', '-- PostgreSQL database cluster dump\nSELECT 1;'],
    ['with two databases', '\\connect a\nSELECT 1;\n\\connect b\n'],
    ['that goes to another one in the middle', 'CREATE TABLE t ();\n\\connect b\n'],
    ['that does something before it chooses one', 'SELECT f();\n\\connect b\n'],
    ['that copies data before it chooses one', 'COPY t FROM stdin;\n1\n\\.\n\\c b\n'],
  ])('SQL %s', async (_, sql) => {
    expect((await guard(sql)).error).toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('several databases'),
    })
  })

  test.each(["SELECT 'a", 'COPY t FROM stdin;\n1\n', '/* '])('SQL that ends too early: %j', async sql => {
    expect((await guard(sql)).error).toMatchObject({ code: 'data-corrupt' })
  })

  test('a NUL, wherever it is', async () => {
    expect((await guard('COPY t FROM stdin;\na\0b\n\\.\n')).error).toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('byte 20'),
    })
  })

  test('a statement of many words that never say what it is', async () => {
    const rights = Array.from({ length: 50 }, () => 'SELECT').join(', ')
    expect((await guard(`GRANT ${rights} ON t TO x;`)).error).toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('at line 1: a statement that is too long to be judged'),
    })
    expect(await passes(`SELECT ${rights};`)).toBe(`SELECT ${rights};`)
  })

  test('a statement that never says what it is', async () => {
    const endless = Array.from({ length: 40 }, () => `/* ${'x'.repeat(50_000)} */`)
    await expect(collect(guardPlain(once('DROP ', ...endless)))).rejects.toMatchObject({
      code: 'input-invalid',
    })
  })
})
