import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findClusterConfig, openClusterConfig } from './kubernetes-config.ts'

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'respaldo-kubeconfig-'))
  await mkdir(at('.kube'))
  await writeFile(at('token'), 'secret')
  await writeFile(
    at('one'),
    `current-context: a
contexts:
- { name: a, context: { cluster: c, user: u, namespace: shop } }
clusters:
- { name: c, cluster: { server: "https://one:6443/", certificate-authority: ca.crt } }
`,
  )
  await writeFile(
    at('two'),
    `current-context: b
contexts:
- { name: a, context: { cluster: other } }
- { name: b, context: { cluster: c } }
users:
- { name: u, user: { token: t } }
clusters:
- { name: c, cluster: { server: "https://two:6443" } }
`,
  )
})
afterAll(() => rm(folder, { recursive: true }))

const pod = { HOME: '/nowhere', KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }

test('there is none without a file or an account, which is found without asking anybody', () => {
  expect(findClusterConfig({ variables: { HOME: '/nowhere' } })).toBeUndefined()
  expect(findClusterConfig({ variables: { KUBECONFIG: '/nowhere/config' } })).toBeUndefined()
  expect(findClusterConfig({ variables: pod, accountFolder: '/nowhere' })).toBeUndefined()
})

test('a kubeconfig beats the account; an address of IPv6 has its brackets', () => {
  expect(findClusterConfig({ variables: { ...pod, KUBECONFIG: at('one') }, accountFolder: folder })).toEqual({
    kind: 'kubeconfig',
    files: [at('one')],
  })
  expect(
    findClusterConfig({ variables: { ...pod, KUBERNETES_SERVICE_HOST: 'fd00::1' }, accountFolder: folder }),
  ).toMatchObject({ kind: 'account', server: 'https://[fd00::1]:443' })
})

test('of several files the first decides, and paths are from where they stand', async () => {
  const variables = { KUBECONFIG: ['/nowhere/zero', at('one'), at('two')].join(delimiter) }
  expect(await openClusterConfig({ variables })).toMatchObject({
    cluster: { server: 'https://one:6443', caFile: at('ca.crt') },
    user: { token: 't' },
    namespace: 'shop',
  })
  expect(await openClusterConfig({ variables, context: 'b' })).toMatchObject({
    cluster: { server: 'https://one:6443' },
    user: undefined,
  })
})

test('errors say what is missing', async () => {
  await expect(openClusterConfig({ variables: { KUBECONFIG: '/nowhere/config' } })).rejects.toMatchObject({
    code: 'environment-unavailable',
    message: expect.stringContaining('/nowhere/config, which does not exist'),
  })
  await expect(
    openClusterConfig({ variables: { KUBECONFIG: at('one') }, context: 'c' }),
  ).rejects.toMatchObject({ code: 'config-invalid', hint: expect.stringContaining('There are: a.') })
})
