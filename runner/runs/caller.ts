import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import type { Caller } from '#lib/runs/record'

declare module 'hono' {
  interface ContextVariableMap {
    /** Set by who found out who calls. */
    caller?: Caller
  }
}

/** Who calls: as the access rules found out, else the address alone. */
export function callerOf(c: Context): Caller {
  return c.get('caller') ?? { origin: 'http', ...address(c) }
}

/** Nothing where no connection is involved, as on other platforms. */
function address(c: Context): { address?: string } {
  if (!(c.env as { incoming?: unknown } | undefined)?.incoming) return {}
  const { address } = getConnInfo(c).remote
  return address === undefined ? {} : { address }
}
