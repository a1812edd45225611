import { expect, test } from 'vitest'
import { roleStatements, rolesIn, withGroups } from './roles.ts'

const globals = `CREATE ROLE reader;
ALTER ROLE reader WITH NOSUPERUSER NOLOGIN;
CREATE ROLE "Odd ""one""";
CREATE ROLE staff;
CREATE ROLE other;
GRANT reader TO staff WITH INHERIT TRUE GRANTED BY postgres;
GRANT staff TO "Odd ""one""" GRANTED BY "Odd ""one""";
GRANT other TO reader2;`

test('a role needs the groups that it is in, and their groups', () => {
  expect(withGroups(['Odd "one"'], globals)).toEqual(['Odd "one"', 'reader', 'staff'])
  expect(withGroups(['reader'], globals)).toEqual(['reader'])
})

test('the roles that globals make are told', () => {
  expect(rolesIn(globals)).toEqual(['reader', 'Odd "one"', 'staff', 'other'])
})

test('only the statements of the wanted roles are taken, and nobody is named as their grantor', () => {
  expect(roleStatements(globals, ['staff', 'reader'])).toBe(`CREATE ROLE reader;
ALTER ROLE reader WITH NOSUPERUSER NOLOGIN;
CREATE ROLE staff;
GRANT reader TO staff WITH INHERIT TRUE;`)
})
