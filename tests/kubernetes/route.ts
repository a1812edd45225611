import type { IncomingMessage } from 'node:http'
import type { Request } from './access.ts'

/** What a request wants, and how. */
export interface Route extends Request {
  query: URLSearchParams
}

/** Undefined for what this stand-in does not know. Exec is a GET on the wire and a `create` for the roles. */
export function parseRoute({ method, url = '' }: IncomingMessage): Route | undefined {
  const { pathname, searchParams: query } = new URL(url, 'https://cluster')
  const [, namespace = '', name = '', sub] =
    /^\/api\/v1(?:\/namespaces\/([^/]+))?\/pods(?:\/([^/]+))?(?:\/(exec|log))?$/.exec(pathname) ?? []
  if (!pathname.includes('/pods')) return undefined
  const resource = sub === 'exec' ? 'pods/exec' : sub === 'log' ? 'pods/log' : 'pods'
  const verb =
    resource === 'pods/exec' || method === 'POST'
      ? 'create'
      : method === 'DELETE'
        ? 'delete'
        : name
          ? 'get'
          : 'list'
  return { verb, resource, namespace, name, query }
}
