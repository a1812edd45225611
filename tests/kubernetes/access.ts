/** What somebody wants, in the words of roles. */
export interface Request {
  verb: 'get' | 'list' | 'create' | 'delete'
  resource: 'pods' | 'pods/exec' | 'pods/log'
  /** Empty: all of them. */
  namespace: string
  name: string
}

/** Who has a token, and what that one may do. */
export interface Account {
  user: string
  isExpired?: boolean
  may(request: Request): boolean
}

export const allowed: Account = { user: 'system:serviceaccount:shop:respaldo', may: () => true }

/** What the API answers instead of what was wanted: a v1.Status. */
export interface Refusal {
  code: number
  status: object
}

export function refusal(code: number, reason: string, message: string): Refusal {
  return {
    code,
    status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
  }
}

/** Undefined when it may pass; in the words of a real cluster else. */
export function refused(
  authorization: string | undefined,
  accounts: ReadonlyMap<string, Account>,
  request: Request,
): Refusal | undefined {
  const account = accounts.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')
  if (!account || account.isExpired) return refusal(401, 'Unauthorized', 'Unauthorized')
  if (account.may(request)) return undefined
  const { verb, resource, namespace, name } = request
  const what = `${resource.split('/')[0]}${name ? ` "${name}"` : ''} is forbidden`
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  return refusal(
    403,
    'Forbidden',
    `${what}: User "${account.user}" cannot ${verb} resource "${resource}" in API group "" ${where}`,
  )
}
