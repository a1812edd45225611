import { expect, test } from 'vitest'
import { columnsOf, orderOf, reordered } from './columns.ts'
import { rowSum } from './row-sum.ts'

test.each([
  ['COPY public.t (id, "a ""b"", (c)", name) FROM stdin;\n', ['id', 'a "b", (c)', 'name']],
  ['COPY "odd (schema)"."t (x)" (id) FROM stdin;\n', ['id']],
  ['COPY "a.b" ("c.d", e) FROM stdin;\n', ['c.d', 'e']],
  ['COPY public.without_columns  FROM stdin;\n', []],
])('the columns of %j', (statement, columns) => {
  expect(columnsOf(statement)).toEqual(columns)
})

test('an order is needed only for the same columns in another one', () => {
  expect(orderOf(['a', 'b', 'c'], ['c', 'a', 'b'])).toEqual([1, 2, 0])
  expect(orderOf(['a', 'b'], ['a', 'b'])).toBeUndefined()
  expect(orderOf(['a', 'b'], ['a', 'c'])).toBeUndefined()
  expect(orderOf(['a', 'b'], ['a', 'b', 'c'])).toBeUndefined()
})

test('rows whose columns stand in another order have the same sum, however they are cut', () => {
  const expected = rowSum()
  const wanted = Buffer.from('1\tuno\t\\N\n2\t\ttab\\tbed\n\\.\n\n\n')
  expected.add(wanted, 0, wanted.length)
  const bytes = Buffer.from('\\N\t1\tuno\ntab\\tbed\t2\t\n\\.\n\n\n')
  for (let cut = 0; cut <= bytes.length; cut++) {
    const sum = rowSum()
    const rows = reordered(sum, [1, 2, 0])
    rows.add(bytes, 0, cut)
    rows.add(bytes, cut, bytes.length)
    expect(sum.value()).toBe(expected.value())
  }
})
