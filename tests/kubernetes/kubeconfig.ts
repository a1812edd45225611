export interface KubeconfigOptions {
  token?: string
  /** Instead of the token. */
  user?: object
  namespace?: string
  ca?: string
  server?: string
  /** To write it anew. */
  path?: string
}

/** YAML is a superset of it. */
export function kubeconfigOf({
  token = 'good',
  user = { token },
  namespace = 'shop',
  ca = '',
  server,
}: KubeconfigOptions) {
  const data = ca === '' ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, ...data } }],
    users: [{ name: 'tester', user }],
    contexts: [
      { name: 'test', context: { cluster: 'test', user: 'tester', namespace } },
      { name: 'other', context: { cluster: 'test', user: 'tester', namespace: 'other' } },
    ],
    'current-context': 'test',
  }
}
