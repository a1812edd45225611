import { expect, test } from 'vitest'
import { canonical } from './wording.ts'

test.each([
  [
    'CONSTRAINT',
    "CHECK (state = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[]))",
    "CHECK (state = ANY (ARRAY[('a'::character varying)::text, ('it''s'::character varying)::text]))",
  ],
  [
    'POLICY',
    'CREATE POLICY p ON t TO b, "a, TO c" USING (true);',
    'CREATE POLICY p ON t TO "a, TO c", b USING (true);',
  ],
  [
    'TABLE',
    'CREATE TABLE t (\n    note text,\n    id integer,\n    CONSTRAINT c CHECK ((id > 0))\n)\nINHERITS (parent);',
    'CREATE TABLE t (\n    id integer,\n    note text,\n    CONSTRAINT c CHECK ((id > 0))\n)\nINHERITS (parent);',
  ],
])('one %s in two wordings is the same', (desc, typed, restored) => {
  expect(canonical(desc, typed)).toBe(canonical(desc, restored))
})

test.each([
  [
    'CONSTRAINT',
    "CHECK (a = ANY (ARRAY[('a'::character varying)::text]))",
    "CHECK (a = ANY (ARRAY[('b'::character varying)::text]))",
  ],
  ['POLICY', 'CREATE POLICY p ON t TO a, b USING (true);', 'CREATE POLICY p ON t TO a, c USING (true);'],
  ['POLICY', 'CREATE POLICY p ON t TO a USING ((x = 1));', 'CREATE POLICY p ON t TO a USING ((x = 2));'],
  [
    'TABLE',
    'CREATE TABLE t (\n    a integer,\n    b text\n);',
    'CREATE TABLE t (\n    b text,\n    a integer\n);',
  ],
  [
    'TABLE',
    'CREATE TABLE t (\n    a integer\n)\nINHERITS (p);',
    'CREATE TABLE t (\n    a bigint\n)\nINHERITS (p);',
  ],
])('two %ss stay two', (desc, one, other) => {
  expect(canonical(desc, one)).not.toBe(canonical(desc, other))
})
