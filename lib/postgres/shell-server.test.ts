import { expect, test } from 'vitest'
import type { MarkedDatabase } from './restore/markers.ts'
import { databasesOfUsers } from './shell-server.ts'

const found = (...names: string[]) => names.map(name => ({ name, open: true }))
const marked = (name: string, state: MarkedDatabase['state'], of: string): MarkedDatabase => ({
  name,
  state,
  of,
  at: '',
  sizeBytes: 0,
})

test('what restores keep and fill is left out', () => {
  const own = [marked('shop_before_x', 'kept', 'shop'), marked('shop_restoring_x', 'side', 'shop')]
  expect(databasesOfUsers(found('crm', 'shop', 'shop_before_x', 'shop_restoring_x'), own)).toEqual(
    found('crm', 'shop'),
  )
})

test('a database whose restore in place died counts by its own name, once', () => {
  const own = [marked('shop', 'unproven', 'shop'), marked('shop_before_x', 'replaced', 'shop')]
  expect(databasesOfUsers(found('crm', 'shop', 'shop_before_x'), own)).toEqual(found('crm', 'shop'))
  expect(databasesOfUsers(found('crm', 'shop_before_x'), own.slice(1))).toEqual(found('crm', 'shop'))
})

test('a database that a dead restore dropped first counts, as its backup makes it anew', () => {
  const own = [marked('shop_restoring_x', 'unproven', 'shop')]
  expect(databasesOfUsers(found('crm', 'shop_restoring_x'), own)).toEqual(found('crm', 'shop'))
})
