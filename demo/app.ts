import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import type { Queries } from './queries.ts'

const usuario = z.object({ nombre: z.string().min(1), apellido: z.string().min(1) })
const producto = z.object({
  nombre_producto: z.string().min(1),
  manufacturador: z.string().min(1),
  precio: z.number().nonnegative(),
})
const pedido = z.object({
  usuario_id: z.int(),
  producto_id: z.int(),
  cantidad: z.int().nonnegative(),
})

/** The least that must be said before everything is dropped. */
const dropWord = 'eliminar'

/**
 * A shop in three tables: usuarios, productos and pedidos. Each route is one operation of the seeds, and its answer the row or rows that it
 * made or found. 400 for what a table's constraints forbid, 404 for what is not there, 409 for an order of what does not exist.
 */
export function demoApp(queries: Queries): Hono {
  const app = new Hono()
  app.post('/usuarios', async c => c.json(await crearUsuario(queries, await body(c, usuario)), 201))
  app.post('/productos', async c => c.json(await crearProducto(queries, await body(c, producto)), 201))
  app.post('/pedidos', async c => c.json(await crearPedido(queries, await body(c, pedido)), 201))
  app.get('/usuarios/:id{[0-9]+}', async c =>
    c.json(await obtener(queries, 'usuarios', 'usuario_id', c.req.param('id'))),
  )
  app.get('/productos/:id{[0-9]+}', async c =>
    c.json(await obtener(queries, 'productos', 'producto_id', c.req.param('id'))),
  )
  app.get('/pedidos/:id{[0-9]+}', async c =>
    c.json(await obtener(queries, 'info_completa', 'pedido_id', c.req.param('id'))),
  )
  app.get('/info-completa', async c => c.json(await obtenerInfoCompleta(queries)))
  app.delete('/base-de-datos', async c => {
    if (c.req.query('confirmar') !== dropWord)
      throw new HTTPException(409, { message: `Confirm with ?confirmar=${dropWord}` })
    await eliminarBaseDeDatos(queries)
    return c.body(null, 204)
  })
  app.onError((error, c) => {
    const [status, message] = statusOf(error)
    return c.json({ error: message }, status)
  })
  return app
}

async function body<T>(c: Context, shape: z.ZodType<T>): Promise<T> {
  const found = shape.safeParse(await c.req.json().catch(() => undefined))
  if (found.success) return found.data
  throw new HTTPException(400, { message: z.prettifyError(found.error) })
}

const crearUsuario = (queries: Queries, { nombre, apellido }: z.infer<typeof usuario>) =>
  one(queries, 'INSERT INTO usuarios (nombre, apellido) VALUES ($1, $2) RETURNING *', [nombre, apellido])

const crearProducto = (
  queries: Queries,
  { nombre_producto, manufacturador, precio }: z.infer<typeof producto>,
) =>
  one(
    queries,
    'INSERT INTO productos (nombre_producto, manufacturador, precio) VALUES ($1, $2, $3) RETURNING *',
    [nombre_producto, manufacturador, precio],
  )

const crearPedido = (queries: Queries, { usuario_id, producto_id, cantidad }: z.infer<typeof pedido>) =>
  one(queries, 'INSERT INTO pedidos (usuario_id, producto_id, cantidad) VALUES ($1, $2, $3) RETURNING *', [
    usuario_id,
    producto_id,
    cantidad,
  ])

/** An order comes with its user and its product. */
const obtener = (
  queries: Queries,
  relation: 'usuarios' | 'productos' | 'info_completa',
  key: string,
  id: string,
) => one(queries, `SELECT * FROM ${relation} WHERE ${key} = $1::bigint`, [id])

const obtenerInfoCompleta = (queries: Queries) =>
  queries.rows('SELECT * FROM info_completa ORDER BY pedido_id')

const eliminarBaseDeDatos = (queries: Queries) =>
  queries.run('DROP TABLE IF EXISTS pedidos, productos, usuarios CASCADE')

async function one(
  queries: Queries,
  sql: string,
  values: readonly unknown[],
): Promise<Record<string, unknown>> {
  const [row] = await queries.rows<Record<string, unknown>>(sql, values)
  if (row) return row
  throw new HTTPException(404, { message: 'There is none with this id' })
}

/** SQLSTATEs that are the caller's doing; everything else is the application's. */
function statusOf(error: Error): [400 | 404 | 409 | 500, string] {
  if (error instanceof HTTPException) return [error.status as 400 | 404 | 409, error.message]
  const code = 'code' in error ? error.code : undefined
  if (code === '23503') return [409, 'The user or the product does not exist']
  if (code === '23514' || code === '22003') return [400, 'A value is out of its range']
  if (code === '42P01') return [404, 'The tables do not exist']
  return [500, 'The application failed']
}
