import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collect, drain } from '#lib/bytes'
import { discovered } from '#lib/environment/detect'
import { type KubernetesOptions, kubernetesEnvironment } from '#lib/environment/kubernetes'
import { testEngine } from '../testbed/provided.ts'
import { allowed } from './access.ts'
import { type Added, openTestCluster, type TestCluster } from './cluster.ts'
import { serverImage, sleeping } from './containers.ts'

const engine = testEngine()

describe.skipIf(!engine)('kubernetes: what is found', () => {
  let cluster: TestCluster
  let folder: string
  const containers: Record<string, Docker.Container> = {}
  const open = async (options: Partial<KubernetesOptions> = {}, kubeconfig = {}) =>
    kubernetesEnvironment({ variables: { KUBECONFIG: await cluster.kubeconfig(kubeconfig) }, ...options })
  const ids = async (options: Partial<KubernetesOptions> = {}) =>
    (await Array.fromAsync((await open(options)).sources())).map(({ id }) => id)

  beforeAll(async () => {
    const image = await serverImage(engine!)
    cluster = await openTestCluster(engine!.docker)
    folder = await mkdtemp(join(tmpdir(), 'respaldo-account-'))
    containers.plain = await sleeping(engine!, image)
    containers.shop = await sleeping(engine!, image, {
      env: { POSTGRES_USER: 'ana', POSTGRES_DB: 'shop', POSTGRES_PASSWORD: `it's "s3cret"\n$x` },
    })
    containers.files = await sleeping(engine!, image, {
      script: `echo eva >/tmp/user; printf 's3cret\\n' >/tmp/password; exec sleep 3600`,
      env: { POSTGRES_USER_FILE: '/tmp/user', POSTGRES_PASSWORD_FILE: '/tmp/password' },
    })
  })
  beforeEach(() => {
    cluster.pods.length = 0
    cluster.pageSize = 500
    cluster.faults = {}
    cluster.accounts.set('good', allowed)
  })
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await Promise.all(Object.values(containers).map(one => one.remove({ force: true, v: true })))
    if (folder) await rm(folder, { recursive: true })
  })
  const add = (name: string, more: Partial<Added> = {}) =>
    cluster.add({ name, container: containers.plain!.id, ...more })
  /** As the pod of a Deployment. */
  const replicated = (name: string, deployment: string) => ({
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      generateName: `${deployment}-7d4b9c8f6-`,
      labels: { app: deployment, 'pod-template-hash': '7d4b9c8f6' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${deployment}-7d4b9c8f6`,
          uid: 'r',
          controller: true,
        },
      ],
    },
  })
  const labelled = (name: string, mark: 'labels' | 'annotations', value: string) => ({
    metadata: { name, namespace: 'shop', uid: name, [mark]: { 'respaldo.dev/source': value } },
  })

  test('by image, port, label and annotation, page by page; not what is left out', async () => {
    cluster.pageSize = 2
    add('by-image')
    add('companion', { image: 'edoburu/pgbouncer' })
    add('with-port', {
      image: 'acme/data:1',
      spec: { containers: [{ name: 'postgres', image: 'acme/data:1', ports: [{ containerPort: 5432 }] }] },
    })
    add('labelled', { image: 'acme/other', ...labelled('labelled', 'labels', 'crm') })
    add('annotated', { image: 'acme/other', ...labelled('annotated', 'annotations', 'ventas 2026') })
    add('left-out', labelled('left-out', 'annotations', 'false'))
    add('elsewhere', { namespace: 'other' })
    expect(await ids()).toEqual([
      'ventas 2026',
      'kubernetes.shop.by-image.postgres',
      'crm',
      'kubernetes.shop.with-port.postgres',
    ])
    expect(await ids({ namespaces: ['shop', 'other'] })).toContain('kubernetes.other.elsewhere.postgres')
    expect(await ids({ namespaces: ['*'] })).toContain('kubernetes.other.elsewhere.postgres')
    expect(await ids({ context: 'other' })).toEqual([
      expect.stringMatching(/^kubernetes\.other\.elsewhere.*~/),
    ])
  })

  test('a label that several carry names none of them', async () => {
    add('twin-a', labelled('twin-a', 'labels', 'twin'))
    add('twin-b', labelled('twin-b', 'labels', 'twin'))
    expect(await ids()).toEqual(['kubernetes.shop.twin-a.postgres', 'kubernetes.shop.twin-b.postgres'])
  })

  test('what a selector chooses, whatever it looks like', async () => {
    add('standby', {
      image: 'acme/x',
      metadata: { name: 'standby', namespace: 'shop', labels: { role: 'standby' } },
    })
    add('primary', {
      image: 'acme/x',
      metadata: { name: 'primary', namespace: 'shop', labels: { role: 'primary' } },
    })
    expect(await ids({ selector: 'role=primary' })).toEqual(['kubernetes.shop.primary.postgres'])
    const environment = await open({ selector: 'role=primary' })
    expect((await environment.find({})).reason).toBe('the selector chose it')
  })

  test('a Deployment keeps its id when its pod is replaced, and its commands follow', async () => {
    add('web-7d4b9c8f6-aaaaa', replicated('web-7d4b9c8f6-aaaaa', 'web'))
    const environment = await open()
    const source = await environment.find({})
    expect(source.id).toBe('kubernetes.shop.web.postgres')
    cluster.pods[0]!.json.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z'
    add('web-7d4b9c8f6-bbbbb', {
      ...replicated('web-7d4b9c8f6-bbbbb', 'web'),
      container: containers.shop!.id,
    })
    const { stdout } = environment.shell(source).exec({ argv: ['sh', '-c', 'echo $POSTGRES_DB'] })
    expect((await collect(stdout)).toString()).toBe('shop\n')
    expect(await ids()).toEqual(['kubernetes.shop.web.shop'])
    expect((await environment.find({ pod: 'web' })).place.pod).toBe('web')
  })

  test('several living pods of a Deployment go by their own names', async () => {
    add('web-7d4b9c8f6-aaaaa', replicated('web-7d4b9c8f6-aaaaa', 'web'))
    add('web-7d4b9c8f6-bbbbb', replicated('web-7d4b9c8f6-bbbbb', 'web'))
    expect(await ids()).toEqual([
      'kubernetes.shop.web-7d4b9c8f6-aaaaa.postgres',
      'kubernetes.shop.web-7d4b9c8f6-bbbbb.postgres',
    ])
  })

  test('one container of several: the one that is PostgreSQL, or the one that was chosen', async () => {
    const spec = (...images: string[]) => ({
      containers: images.map((image, index) => ({
        name: index === 0 ? 'postgres' : `other-${index}`,
        image,
      })),
    })
    add('sidecar', { spec: spec('postgres:17', 'prom/postgres-exporter') })
    add('unclear', { spec: spec('acme/a', 'acme/b') })
    add('both', { spec: spec('postgres:16', 'postgres:17') }).containers['other-1'] = containers.shop!.id
    const environment = await open()
    expect((await environment.find({ pod: 'sidecar' })).id).toBe('kubernetes.shop.sidecar.postgres')
    await expect(environment.find({ pod: 'unclear' })).rejects.toMatchObject({
      code: 'input-invalid',
      hint: 'Choose one with --k8s-container: postgres, other-1.',
    })
    await expect(environment.find({ pod: 'sidecar', k8sContainer: 'app' })).rejects.toMatchObject({
      code: 'source-not-found',
    })
    const chosen = await environment.find({ pod: 'both', k8sContainer: 'other-1' })
    expect(chosen).toMatchObject({ place: { container: 'other-1', database: 'shop' } })
    const { stdout } = environment.shell(chosen).exec({ argv: ['sh', '-c', 'echo $POSTGRES_DB'] })
    expect((await collect(stdout)).toString()).toBe('shop\n')
    const found = await Array.fromAsync(environment.sources())
    expect(found.filter(({ place }) => place.pod === 'both').map(({ place }) => place.container)).toEqual([
      'other-1',
      'postgres',
    ])
  })

  test('role, password and database as the container has them, also in files', async () => {
    add('shop', { container: containers.shop!.id })
    add('files', { container: containers.files!.id })
    const environment = await open()
    const connect = async (pod: string, given = {}) =>
      (await environment.connection(await environment.find({ pod, ...given }))).env
    expect(await connect('shop')).toEqual({
      PGUSER: 'ana',
      PGDATABASE: 'shop',
      PGPASSWORD: `it's "s3cret"\n$x`,
    })
    expect(await connect('files')).toEqual({ PGUSER: 'eva', PGDATABASE: 'eva', PGPASSWORD: 's3cret' })
    expect(await connect('shop', { user: 'eva' })).toEqual({ PGUSER: 'eva', PGDATABASE: 'shop' })
    expect(cluster.audit.join()).not.toMatch(/s3cret|secrets/)
  })

  test('by the id of another database too', async () => {
    add('shop', { container: containers.shop!.id })
    const environment = await open()
    const source = await environment.find({ pod: 'shop', database: 'crm' })
    expect(source.id).toBe('kubernetes.shop.shop.crm')
    expect((await environment.find({ source: source.id })).place).toEqual(source.place)
  })

  describe('refuses', () => {
    const failure = async (pod: string, options = {}, kubeconfig = {}) =>
      (await open(options, kubeconfig)).find({ pod }).catch(error => error)

    test('a pod that is not there, in a namespace that has others or none', async () => {
      add('shop-db')
      add('crm-db')
      expect(await failure('shop-bd')).toMatchObject({
        code: 'source-not-found',
        hint: 'There are: shop-db, crm-db.',
      })
      expect(await failure('shop-db', { namespaces: ['sohp'] })).toMatchObject({
        code: 'source-not-found',
        hint: expect.stringContaining('Not one pod is seen there'),
      })
    })

    test('several sources when none is named', async () => {
      add('a')
      add('b')
      await expect((await open()).find({})).rejects.toMatchObject({
        code: 'input-invalid',
        context: { found: ['kubernetes.shop.a.postgres', 'kubernetes.shop.b.postgres'] },
      })
    })

    test('a pod that does not run, with the reason', async () => {
      cluster.add({ name: 'pending' })
      expect(await failure('pending')).toMatchObject({
        code: 'source-unreachable',
        message: 'The pod shop/pending does not run: ImagePullBackOff',
        hint: expect.stringContaining('kubectl describe pod -n shop pending'),
      })
      expect(await ids()).toEqual(['kubernetes.shop.pending.postgres'])
    })

    test('what the account may not do, naming verb, resource and namespace', async () => {
      add('db')
      cluster.accounts.set('good', { ...allowed, may: ({ resource }) => resource === 'pods' })
      expect(await failure('db')).toMatchObject({
        code: 'environment-unavailable',
        message: expect.stringContaining('User "system:serviceaccount:shop:respaldo" cannot create'),
        hint: expect.stringContaining('needs create on pods/exec in namespace shop'),
      })
      cluster.accounts.set('good', { ...allowed, may: ({ namespace }) => namespace === 'shop' })
      expect(await failure('db', { namespaces: ['forbidden'] })).toMatchObject({
        hint: expect.stringContaining('needs list on pods in namespace forbidden'),
      })
      expect(await failure('db', { namespaces: ['*'] })).toMatchObject({
        hint: expect.stringContaining('needs list on pods in all namespaces'),
      })
    })

    test('a cluster that nobody vouches for, and one that is not there', async () => {
      expect(await failure('db', {}, { ca: '' })).toMatchObject({
        code: 'environment-unavailable',
        hint: expect.stringContaining('certificate-authority-data'),
      })
      const gone = await cluster.kubeconfig({ server: 'https://127.0.0.1:1' })
      const environment = kubernetesEnvironment({ variables: { KUBECONFIG: gone } })
      expect(await discovered(environment)).toMatchObject({
        isAvailable: false,
        reason: expect.stringContaining('cannot be reached'),
      })
    })

    test('a context that is not there, and a kubeconfig that is broken, without quoting it', async () => {
      expect(await failure('db', { context: 'prod' })).toMatchObject({
        code: 'config-invalid',
        hint: expect.stringContaining('There are: test, other.'),
      })
      const broken = join(folder, 'broken')
      await writeFile(broken, 'users:\n - token: s3cret: [\n')
      const error = await kubernetesEnvironment({ variables: { KUBECONFIG: broken } })
        .find({})
        .catch(error => error)
      expect(error).toMatchObject({ code: 'config-invalid' })
      expect(`${error.message}${error.cause}`).not.toContain('s3cret')
    })
  })

  describe('credentials', () => {
    test('a token that expired is read again, once', async () => {
      add('db')
      const path = await cluster.kubeconfig()
      const environment = kubernetesEnvironment({ variables: { KUBECONFIG: path } })
      const source = await environment.find({})
      cluster.accounts.set('good', { ...allowed, isExpired: true })
      const run = () => drain(environment.shell(source).exec({ argv: ['true'] }).stdout)
      await expect(run()).rejects.toMatchObject({
        code: 'environment-unavailable',
        hint: expect.stringContaining('expired'),
      })
      cluster.accounts.set('fresh', allowed)
      await cluster.kubeconfig({ token: 'fresh', path })
      await run()
    })

    test("a pod's own service account, where there is no kubeconfig", async () => {
      add('db')
      const write = (name: string, text: string) => writeFile(join(folder, name), text)
      await mkdir(folder, { recursive: true })
      await Promise.all([
        write('token', 'good'),
        write('namespace', 'shop'),
        write('ca.crt', cluster.certificates.ca),
      ])
      const variables = {
        HOME: '/nowhere',
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: new URL(cluster.url).port,
      }
      const environment = kubernetesEnvironment({ variables, accountFolder: folder })
      expect((await environment.find({})).id).toBe('kubernetes.shop.db.postgres')
      cluster.accounts.set('good', { ...allowed, isExpired: true })
      cluster.accounts.set('renewed', allowed)
      await write('token', 'renewed')
      expect((await environment.find({})).id).toBe('kubernetes.shop.db.postgres')
    })

    test('a plugin of the kubeconfig', async () => {
      add('db')
      const credential = {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { token: 'good' },
      }
      const exec = { apiVersion: credential.apiVersion, command: 'echo', args: [JSON.stringify(credential)] }
      const environment = kubernetesEnvironment({
        variables: { KUBECONFIG: await cluster.kubeconfig({ user: { exec } }) },
      })
      expect((await environment.find({})).id).toBe('kubernetes.shop.db.postgres')
      const failing = { ...exec, command: 'sh', args: ['-c', 'echo please log in >&2; exit 1'] }
      const without = { KUBECONFIG: await cluster.kubeconfig({ user: { exec: failing } }) }
      await expect(kubernetesEnvironment({ variables: without }).find({})).rejects.toMatchObject({
        code: 'environment-unavailable',
        message: expect.stringMatching(/no credentials for the cluster at https:.*: please log in$/),
      })
    })

    test('a certificate that is not there', async () => {
      const user = { 'client-certificate': 'nowhere.crt' }
      const variables = { KUBECONFIG: await cluster.kubeconfig({ user }) }
      await expect(kubernetesEnvironment({ variables }).find({})).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringMatching(/nowhere.crt, which cannot be read/),
      })
    })
  })
})
