import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Stopped, scan } from '../../tests/doubles/sql-heard.ts'
import { sqlScanner } from './sql-scanner.ts'

const words = (sql: string) => scan(sql).statements.map(statement => statement.words)

describe('words', () => {
  test.each([
    [
      'CREATE /* x */ TABLE -- y\n Public . "My "" Table" (a int, b int)',
      'create table public."My "" Table" ()',
    ],
    ["ALTER ROLE x PASSWORD 'secret'", "alter role x password ''"],
    ["COPY t (a, b) FROM E'/etc/passwd'", "copy t () from ''"],
    ['DO $$ drop database x $$', 'do $$'],
    ["SET search_path = 'My Schema', pg_catalog", "set search_path = 'My Schema' , pg_catalog"],
    ["SET x TO 'it''s', on", "set x to 'it's' , on"],
    ['select $ x, $1', 'select $ x , $ 1'],
    ['\uf000 1', '\uf000 1'],
    ['select a.b , c.*', 'select a.b , c. *'],
  ])('of %s', (sql, expected) => {
    expect(words(sql)).toEqual([expected])
  })

  test('are asked for until somebody knows enough', () => {
    const asked: string[] = []
    const scanner = sqlScanner({
      word: statement => asked.push(statement.words.join(' ')) < 3,
      problem() {
        throw new Stopped()
      },
    })
    scanner.write(Buffer.from('drop table if exists a; select'))
    scanner.end()
    expect(asked).toEqual(['drop', 'drop table', 'drop table if', 'select'])
  })

  test('of an endless statement are not kept', () => {
    const scanner = sqlScanner({
      statement: ({ words: kept, cut }) => expect([kept.length, cut]).toEqual([40, true]),
      problem() {
        throw new Stopped()
      },
    })
    for (let round = 0; round < 1000; round++) scanner.write(Buffer.from(`or ${'x'.repeat(500)} `))
    expect(scanner.begun()).toBe(0)
    scanner.end()
  })
})

describe('rows of INSERT', () => {
  test.each([
    ["INSERT INTO t VALUES (1, 'a),(b', (2), f(3,(4)));", 1],
    ['INSERT INTO s.t (a, b) OVERRIDING SYSTEM VALUE VALUES\n\t(1, 2),\n\t(3, 4) -- (5, 6)\n;', 2],
    ['INSERT INTO t AS x VALUES (1), (2) ON CONFLICT (id) DO UPDATE SET a = (1);', 2],
    ['INSERT INTO t DEFAULT VALUES;', 1],
    ['INSERT INTO t SELECT * FROM (VALUES (1), (2)) x;', undefined],
    ['UPDATE t SET a = 1;', undefined],
  ])('%s', (sql, rows) => {
    expect(scan(sql).statements).toMatchObject([{ rows }])
  })

  test('however many they are', () => {
    expect(scan(`insert into t values ${'(1),'.repeat(5000)}(1);`).statements).toMatchObject([{ rows: 5001 }])
  })
})

describe('data of COPY', () => {
  test('is no SQL, whatever it looks like', () => {
    const sql =
      "COPY public.t (a, b) FROM stdin;\nit's\t;\n\\connect x\n\\.x\n\\\\.\n\n$$\n/*\n\\.\nselect 1;"
    const heard = scan(sql)
    expect(heard.copies).toEqual([{ table: 'public.t', lines: 7, bytes: 36 }])
    expect(heard.statements.map(({ text, line }) => ({ text, line }))).toMatchObject([
      { line: 1 },
      { text: 'select 1;', line: 10 },
    ])
    expect(heard.commands).toEqual([])
    expect(scan(sql, [...Buffer.from(sql).keys()])).toEqual(heard)
  })

  test.each([
    ['no rows', 'copy t from stdin;\n\\.\n', 0],
    ['rows of nothing', 'copy t from stdin;\n\n\n\\.\n', 2],
    ['carriage returns', 'copy t from stdin;\r\n1\r\n\\.\r\n', 1],
    ['a comment behind', 'copy t from stdin; -- rows;\n1\n\\.\n', 1],
    ['options', "COPY t FROM STDIN WITH (FORMAT csv, DELIMITER ';');\n1;2\n\\.\n", 1],
  ])('with %s', (_, sql, lines) => {
    expect(scan(sql).copies).toMatchObject([{ lines }])
    expect(scan(sql).open).toBeUndefined()
  })

  test.each([
    'COPY (SELECT * FROM stdin) TO STDOUT;',
    "COPY t FROM '/tmp/stdin';",
    'COPY t TO STDOUT;',
    "SELECT 'COPY t FROM stdin;';",
    'CREATE FUNCTION f() AS $$ COPY t FROM stdin; $$;',
  ])('does not follow %s', sql => {
    expect(scan(`${sql}\nselect 1;`).statements).toHaveLength(2)
  })

  test('cannot begin on the line of its statement', () => {
    expect(scan('select 1;\ncopy t from stdin; select 2;\n').problems).toEqual([
      '2: something behind COPY … FROM stdin on the same line',
    ])
  })
})

describe("psql's commands", () => {
  test('go to the end of their line, and know whether they cut a statement', () => {
    const heard = scan("\\restrict abc\nselect 1;\n  \\connect 'x;y' -- no\nselect 2 \\gset\n\\; '\n")
    expect(heard.commands).toEqual([
      { text: '\\restrict abc', line: 1, inStatement: false },
      { text: "\\connect 'x;y' -- no", line: 3, inStatement: false },
      { text: '\\gset', line: 4, inStatement: true },
      { text: "\\; '", line: 5, inStatement: true },
    ])
  })

  test('are none within quotes and comments', () => {
    expect(scan('select \'\\a\', "\\b", $$\n\\c\n$$ -- \\d\n/* \\e */;').commands).toEqual([])
  })

  test('are told as soon as they begin', () => {
    const scanner = sqlScanner({
      problem() {
        throw new Stopped()
      },
    })
    scanner.write(Buffer.from('select 1; \\con'))
    expect([scanner.begun(), scanner.commandBegun()]).toEqual([undefined, 10])
    scanner.write(Buffer.from('nect x\n sel'))
    expect([scanner.begun(), scanner.commandBegun()]).toEqual([22, undefined])
  })
})

test.each([
  ["select 'a", 'text'],
  ["select E'a\\", 'text'],
  ['select $$a', 'text'],
  ['select $a$ $a', 'text'],
  ['select "a', 'quoted name'],
  ['/* a /* */', 'comment'],
  ['/* a *', 'comment'],
  ['copy t from stdin;', 'COPY data'],
  ['copy t from stdin;\n1\n\\.', 'COPY data'],
  ['copy t from stdin', 'COPY data'],
  ['select 1', undefined],
  ["select 'a'", undefined],
  ['select "a"', undefined],
  ['select 1 -', undefined],
  ['-- a', undefined],
  ['\\q', undefined],
] as const)('what is left open at the end of %j: %s', (sql, open) => {
  expect(scan(sql).open).toBe(open)
})

test('what ends with the SQL is told too', () => {
  const heard = scan('select $x\n;select a -\n;\\connect a')
  expect(heard.statements.map(statement => statement.words)).toEqual(['select $ x', 'select a -'])
  expect(heard.commands).toMatchObject([{ text: '\\connect a', line: 3 }])
  expect(scan('select 1; -- last').comments).toEqual([' last'])
  expect(scan('select $x').statements).toMatchObject([{ words: 'select $ x' }])
})

test('a tag that no name can be is a problem', () => {
  expect(scan(`select $${'a'.repeat(1001)}$`).problems).toEqual([
    '1: a dollar quote with a tag of more than 1000 bytes',
  ])
})

test('encodings in which a letter may look like a backslash are a problem', () => {
  expect(scan("set client_encoding = 'SJIS';\nselect 1;").problems).toEqual(['1: the encoding SJIS'])
  expect(scan("set client_encoding = 'LATIN1';\nselect 1;").problems).toEqual([])
})

test('any SQL in any pieces is the same', () => {
  const token = fc.constantFrom(
    ...[
      "'",
      '"',
      '$$',
      '$a$',
      '$a',
      '--',
      '/*',
      '*/',
      '/',
      '*',
      '-',
      ';',
      '(',
      ')',
      '\n',
      ' ',
      "E'",
      "U&'",
      'a',
      '1',
      '\\',
      "''",
      'é',
      '\r',
    ],
    ...[
      'create function f()',
      ' begin ',
      ' end ',
      'copy t from stdin;\n',
      '\n\\.\n',
      'insert into t values (',
      'set standard_conforming_strings = off;',
    ],
  )
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 40 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (tokens, places) => {
        expect(scan(tokens.join(''), places)).toEqual(scan(tokens.join('')))
      },
    ),
    { numRuns: 1000 },
  )
})
