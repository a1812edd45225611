import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoApp } from './app.ts'
import { openQueries, type Queries, seed } from './queries.ts'

let queries: Queries
beforeAll(async () => {
  queries = await openQueries('memory://')
  await seed(queries)
})
afterAll(() => queries.close())

const get = (path: string) => demoApp(queries).request(path)
const post = (path: string, body: unknown) =>
  demoApp(queries).request(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

type Row = Record<string, unknown>
const rowOf = async (answer: Response): Promise<Row> => (await answer.json()) as Row

test('what is created can be read, orders with their user and product', async () => {
  const usuario = await rowOf(await post('/usuarios', { nombre: 'Ñusta', apellido: 'Güíña' }))
  expect(usuario).toEqual({ usuario_id: 13, nombre: 'Ñusta', apellido: 'Güíña' })
  const producto = await rowOf(
    await post('/productos', { nombre_producto: 'Té', manufacturador: 'Ñandú', precio: 1.5 }),
  )
  const made = await post('/pedidos', { usuario_id: 13, producto_id: producto.producto_id, cantidad: 3 })
  expect(made.status).toBe(201)
  const { pedido_id, fecha_pedido } = await rowOf(made)
  expect(fecha_pedido).toEqual(expect.any(String))
  expect(await (await get(`/pedidos/${pedido_id}`)).json()).toMatchObject({
    nombre: 'Ñusta',
    nombre_producto: 'Té',
    precio: 1.5,
    cantidad: 3,
  })
  expect(await (await get('/usuarios/13')).json()).toEqual(usuario)
  expect(await (await get(`/productos/${producto.producto_id}`)).json()).toEqual(producto)
})

test('all orders come with what they are about', async () => {
  const rows = (await (await get('/info-completa')).json()) as Row[]
  expect(rows.length).toBeGreaterThanOrEqual(34)
  expect(rows[0]).toMatchObject({ pedido_id: 1, apellido: 'Núñez', nombre_producto: 'Café de altura 250 g' })
})

test.each([
  ['/usuarios', { nombre: 'sin apellido' }, 400],
  ['/usuarios', 'no object', 400],
  ['/productos', { nombre_producto: 'x', manufacturador: 'y', precio: -1 }, 400],
  ['/pedidos', { usuario_id: 1, producto_id: 1, cantidad: -1 }, 400],
  ['/pedidos', { usuario_id: 999, producto_id: 1, cantidad: 1 }, 409],
  ['/pedidos', { usuario_id: 1, producto_id: 1, cantidad: 2 ** 40 }, 400],
])('POST %s %j is refused with %i', async (path, body, status) => {
  const answer = await post(path, body)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual({ error: expect.any(String) })
})

test.each(['/usuarios/999', '/pedidos/99999999999', '/productos/x', '/nada'])('GET %s is 404', async path => {
  expect((await get(path)).status).toBe(404)
})

test('the tables keep their constraints also behind the application', async () => {
  await expect(queries.run('UPDATE productos SET precio = -1')).rejects.toMatchObject({ code: '23514' })
  await expect(queries.run('UPDATE pedidos SET cantidad = -1')).rejects.toMatchObject({ code: '23514' })
  await expect(queries.run('UPDATE pedidos SET fecha_pedido = NULL')).rejects.toMatchObject({ code: '23502' })
  const before = await queries.rows('SELECT 1 FROM pedidos WHERE usuario_id = 1')
  expect(before.length).toBeGreaterThan(0)
  await queries.run('DELETE FROM usuarios WHERE usuario_id = 1')
  expect(await queries.rows('SELECT 1 FROM pedidos WHERE usuario_id = 1')).toEqual([])
})

test('everything is dropped only when it is confirmed', async () => {
  const remove = (path: string) => demoApp(queries).request(path, { method: 'DELETE' })
  expect((await remove('/base-de-datos')).status).toBe(409)
  expect((await get('/info-completa')).status).toBe(200)
  expect((await remove('/base-de-datos?confirmar=eliminar')).status).toBe(204)
  expect((await get('/info-completa')).status).toBe(404)
  await seed(queries)
})
