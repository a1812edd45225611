import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openQueries } from './queries.ts'
import { damage, fingerprint, openDemoDatabase } from './walkthrough.ts'

let parent: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'respaldo-demo-'))
})
afterAll(() => rm(parent, { recursive: true, force: true }))

test('damage shows in the fingerprint of every table, another order of rows does not', async () => {
  const folder = join(parent, 'tienda')
  await openDemoDatabase(folder)
  const before = await fingerprint(folder)
  expect(Object.fromEntries(Object.entries(before).map(([name, { rows }]) => [name, rows]))).toEqual({
    pedidos: 34,
    productos: 15,
    usuarios: 12,
  })

  const queries = await openQueries(folder)
  await queries.run(`CREATE TEMP TABLE alle AS TABLE productos; ALTER TABLE pedidos DROP CONSTRAINT pedidos_producto_id_fkey;
    DELETE FROM productos; INSERT INTO productos SELECT * FROM alle ORDER BY producto_id DESC`)
  await queries.close()
  expect(await fingerprint(folder)).toEqual(before)

  expect(await damage(folder)).toHaveLength(3)
  const after = await fingerprint(folder)
  expect(Object.keys(after)).toEqual(['pedidos', 'productos'])
  for (const name of Object.keys(after)) expect(after[name]?.hash).not.toBe(before[name]?.hash)
  await expect(openDemoDatabase(folder)).rejects.toThrow('exists already')
})
