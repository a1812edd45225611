import { expect, test } from 'vitest'
import { isRoleStatement, rolesMade } from './embedded-globals.ts'

test.each([
  'CREATE ROLE app WITH LOGIN;',
  'create role "postgres two";',
  "ALTER ROLE postgres SET work_mem TO '1MB';",
  "ALTER DATABASE postgres SET timezone TO 'UTC';",
  "ALTER ROLE app IN DATABASE postgres SET a.b TO 'c';",
  'GRANT a TO b WITH ADMIN true;',
  "COMMENT ON ROLE a IS 'b';",
])('%s is run', statement => {
  expect(isRoleStatement(statement)).toBe(true)
})

test.each([
  'CREATE ROLE postgres;',
  'CREATE ROLE "postgres" WITH SUPERUSER;',
  'CREATE DATABASE x;',
  'DROP ROLE a;',
  'GRANT CREATE ON TABLESPACE a TO b;',
  "CREATE TABLESPACE t LOCATION '/x';",
  'SELECT 1;',
])('%s is not', statement => {
  expect(isRoleStatement(statement)).toBe(false)
})

test('roles are known by the names that SQL gives them', () => {
  expect(rolesMade('CREATE ROLE App;\nCREATE ROLE "A ""b""" WITH LOGIN;\n-- CREATE ROLE no;\n')).toEqual(
    new Set(['app', 'A "b"']),
  )
  expect(rolesMade(undefined)).toEqual(new Set())
})
