import { expect, test } from 'vitest'
import type { ScratchWishes } from './environment.ts'
import { scratchPod } from './kubernetes-scratch-pod.ts'

const origin = {
  image: 'postgres:17',
  uid: 999,
  user: 'ana',
  env: { LANG: 'C.UTF-8', POSTGRES_INITDB_ARGS: '--locale=C' },
  pullSecrets: ['registry'],
  node: 'node-1',
}
const wishes: ScratchWishes = {
  run: 'r1',
  place: { environment: 'kubernetes', namespace: 'shop', pod: 'db-0', database: 'shop' },
  settings: { shared_preload_libraries: 'pg_cron' },
  databaseBytes: 1e6,
  isPlaceLost: false,
  maker: { host: 'here', pid: 7, startedAt: 's' },
  isAlive: () => true,
}

test("is restricted, the source's image, and cannot reach others", () => {
  const { metadata, spec } = scratchPod(origin, wishes, 'pw')
  const [container] = spec!.containers
  expect(metadata).toMatchObject({
    name: 'respaldo-scratch-r1',
    labels: { 'respaldo.dev/made-for': 'scratch', 'respaldo.dev/source': 'false' },
  })
  expect(spec).toMatchObject({
    restartPolicy: 'Never',
    activeDeadlineSeconds: 86_400,
    automountServiceAccountToken: false,
    dnsPolicy: 'None',
    imagePullSecrets: [{ name: 'registry' }],
    securityContext: { runAsNonRoot: true, runAsUser: 999, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(container).toMatchObject({
    image: 'postgres:17',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  })
  expect(container!.args!.join(' ')).toBe(
    'postgres -c shared_preload_libraries=pg_cron -c listen_addresses=127.0.0.1 -c max_wal_size=256MB -c cron.launch_active_jobs=off -c max_logical_replication_workers=0',
  )
  expect(Object.fromEntries(container!.env!.map(({ name, value }) => [name, value]))).toEqual({
    LANG: 'C.UTF-8',
    PGDATA: '/var/lib/postgresql/data/scratch',
    POSTGRES_USER: 'ana',
    POSTGRES_PASSWORD: 'pw',
    POSTGRES_DB: 'shop',
    POSTGRES_INITDB_ARGS: '--locale=C --no-sync',
  })
})

test('only a small database lives in memory', () => {
  const dataOf = (databaseBytes: number) =>
    scratchPod(origin, { ...wishes, databaseBytes }, 'pw').spec!.volumes!.find(({ name }) => name === 'data')
  expect(dataOf(1e6)?.emptyDir).toMatchObject({ medium: 'Memory' })
  expect(dataOf(1e9)?.emptyDir).toEqual({})
})
