import { parentPort } from 'node:worker_threads'
import { type Extension, PGlite } from '@electric-sql/pglite'
import { pgDump } from '@electric-sql/pglite-tools/pg_dump'
import type { Call, Failure, Reply } from './embedded-calls.ts'
import { watchWire } from './embedded-wire.ts'

/** PGlite and pg_dump compute without a pause: in a thread of their own they hold up no lease, no signal and no progress. */
let opened: PGlite | undefined

parentPort?.on('message', (call: Call) => void reply(call))

async function reply(call: Call): Promise<void> {
  const answer: Reply = await answerTo(call).then(
    value => ({ value }),
    (error: unknown) => ({ failure: failureOf(error) }),
  )
  const transferred = 'value' in answer && answer.value instanceof Uint8Array ? [answer.value.buffer] : []
  parentPort?.postMessage(answer, transferred as ArrayBuffer[])
}

async function answerTo(call: Call): Promise<unknown> {
  switch (call.kind) {
    case 'open':
      opened = await open(call.folder, call.extensions)
      return undefined
    case 'rows':
      return (await database().query(call.sql)).rows
    case 'exec':
      await database().exec(call.sql)
      return undefined
    case 'dump':
      return dump(database(), call.flags)
    case 'close':
      await opened?.close()
      opened = undefined
      return undefined
    default:
      return call satisfies never
  }
}

function database(): PGlite {
  if (!opened) throw new Error('The database is not open')
  return opened
}

/** A database's own extensions can be seen only once it is open, and loaded only as it is opened. */
async function open(folder: string, wanted: readonly string[]): Promise<PGlite> {
  const extensions = await loaded(wanted)
  const pg = await PGlite.create(folder, { extensions })
  const own = await pg.query<{ name: string }>(
    "SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql'",
  )
  const others = await loaded(own.rows.map(row => row.name).filter(name => !wanted.includes(name)))
  if (Object.keys(others).length === 0) return pg
  await pg.close()
  return PGlite.create(folder, { extensions: { ...extensions, ...others } })
}

async function loaded(names: readonly string[]): Promise<Record<string, Extension>> {
  const found = await Promise.all(names.map(async name => [name, await extension(name)] as const))
  return Object.fromEntries(found.filter((entry): entry is [string, Extension] => entry[1] !== undefined))
}

/** One of those that come with PGlite, or undefined: then the statement that needs it says what is missing. */
async function extension(name: string): Promise<Extension | undefined> {
  const file = name.replaceAll('-', '_')
  if (!/^\w+$/.test(file)) return undefined
  const module: Record<string, unknown> = await import(`@electric-sql/pglite/contrib/${file}`).catch(
    () => ({}),
  )
  const found = module[file]
  return isExtension(found) ? found : undefined
}

const isExtension = (value: unknown): value is Extension =>
  typeof value === 'object' && value !== null && 'setup' in value

async function dump(pg: PGlite, flags: readonly string[]): Promise<Uint8Array> {
  // pglite-tools puts the search path back unquoted, which an empty one would not survive.
  await pg.exec("SET timezone = 'UTC'; SET bytea_output = 'hex'; SET search_path = public")
  const wire = watchWire(pg)
  try {
    const file = await pgDump({ pg, args: [...flags] })
    const bytes = new Uint8Array(await file.arrayBuffer())
    wire.mend(bytes)
    return bytes
  } catch (error) {
    const refusal = wire.refusal()
    throw refusal === undefined ? error : new Error(`pg_dump: ${refusal}`, { cause: error })
  } finally {
    await pg.exec('ROLLBACK') // pg_dump leaves its transaction open
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, detail } = error as { code?: unknown; detail?: unknown } // PostgreSQL's and Node's errors have them
  return {
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
  }
}
