import { z } from 'zod'
import { RespaldoError } from '../errors.ts'
import type { Origin } from '../services.ts'

interface Described {
  name: string
  method: 'GET' | 'POST'
  input: z.ZodObject
  local?: readonly string[]
}

/** Bytes of the largest request body that is read. */
const bodyLimit = 1024 * 1024

/** The request's input, checked; every problem at once as `input-invalid`. Unknown names are refused: a mistyped flag must not be ignored. */
export async function parseInput<Schema extends z.ZodObject>(
  operation: Described & { input: Schema },
  request: Request,
  origin: Origin,
): Promise<z.infer<Schema>> {
  const given = operation.method === 'GET' ? queryInput(request) : await bodyInput(request)
  return checkInput(operation, given, origin)
}

/** The input itself, checked as `parseInput` does. */
export function checkInput<Schema extends z.ZodObject>(
  operation: Described & { input: Schema },
  given: Readonly<Record<string, unknown>>,
  origin: Origin,
): z.infer<Schema> {
  refuseLocal(operation, given, origin)
  const parsed = z.strictObject(operation.input.shape).safeParse(given)
  if (parsed.success) return parsed.data as z.infer<Schema>
  const problems = parsed.error.issues.map(
    issue => `${issue.path.join('.') || operation.name}: ${issue.message}`,
  )
  throw new RespaldoError('input-invalid', problems.join('; '), { context: { problems } })
}

function refuseLocal(operation: Described, given: Readonly<Record<string, unknown>>, origin: Origin): void {
  if (origin === 'cli') return
  const names = (operation.local ?? []).filter(name => name in given)
  if (names.length === 0) return
  throw new RespaldoError('forbidden', `${names.join(', ')} can be given on the command line only`, {
    hint: 'Over HTTP there are only configured and discovered sources and targets.',
  })
}

/** `?a=1&a=2` is a list; `true` and `false` are booleans, `?a` alone is true. */
function queryInput(request: Request): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const query = new URL(request.url).searchParams
  for (const name of new Set(query.keys())) {
    const all = query
      .getAll(name)
      .map(text => (text === '' || text === 'true' ? true : text === 'false' ? false : text))
    values[name] = all.length > 1 ? all : all[0]
  }
  return values
}

/** The JSON object of a request's body, at most 1 MiB; an empty body is an empty object. */
export async function bodyInput(request: Request): Promise<Record<string, unknown>> {
  if (Number(request.headers.get('content-length') ?? 0) > bodyLimit)
    throw new RespaldoError('input-invalid', 'The request body is too large')
  const text = await request.text()
  if (text.length > bodyLimit) throw new RespaldoError('input-invalid', 'The request body is too large')
  if (text.trim() === '') return {}
  const value = parseJson(text)
  if (value !== null && typeof value === 'object' && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new RespaldoError('input-invalid', 'The request body has to be a JSON object')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RespaldoError('input-invalid', 'The request body is not JSON', { cause })
  }
}
