import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/** An answer as bytes, which can be given several times and handed from thread to thread. */
export interface ReadAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer>
  /** The same compressed, where that is worth it: once for all who ask. */
  gzip: Uint8Array<ArrayBuffer> | undefined
}

/** What answers a call of a function that only reads, by its name and its URL's query (`?…`, or ''). */
export type Reads = (name: string, query: string) => Promise<ReadAnswer>

/** Bytes from which on compressing saves more than it costs. */
const worthwhile = 4096

/** The whole answer of a function, as bytes. */
export async function readAnswer(response: Response): Promise<ReadAnswer> {
  const body = new Uint8Array(await response.arrayBuffer())
  const headers = { ...Object.fromEntries(response.headers), vary: 'accept-encoding' }
  return { status: response.status, headers, body, gzip: await compressed(body) }
}

async function compressed(body: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body.byteLength < worthwhile) return undefined
  return new Uint8Array(await promisify(gzip)(body, { level: constants.Z_BEST_SPEED }))
}

/** The answer to one request, compressed if it accepts that. */
export function responseTo(request: Request, { status, headers, body, gzip }: ReadAnswer): Response {
  if (!gzip || !acceptsGzip(request)) return new Response(body, { status, headers })
  return new Response(gzip, { status, headers: { ...headers, 'content-encoding': 'gzip' } })
}

const acceptsGzip = (request: Request): boolean =>
  /(^|[,\s])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(request.headers.get('accept-encoding') ?? '')
