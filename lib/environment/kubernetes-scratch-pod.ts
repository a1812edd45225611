import type { V1Pod } from '@kubernetes/client-node'
import type { ScratchWishes } from './environment.ts'
import { madeMetadata, restricted } from './kubernetes-made.ts'
import { isSmall, scratchArguments, scratchLimits, scratchVariables } from './scratch-server.ts'

/** From what a scratch server is made. */
export interface ScratchOrigin {
  image: string
  /** Who the server's processes are in the image; never root. */
  uid: number
  /** The superuser whom the server is made with. */
  user: string
  /** Of the source's container; empty where that is gone. */
  env: Readonly<Record<string, string>>
  /** Names of the secrets with which the image is pulled. */
  pullSecrets: readonly string[]
  /** Where the image is already. */
  node: string | undefined
}

const dataFolder = '/var/lib/postgresql/data'

/**
 * The pod: the source's image and settings, but none of its init scripts, volumes, secrets and accounts. Pure. A pod cannot be kept off the
 * network, so its server listens to itself alone, starts no replication, and resolves no names. A small database lives in memory.
 */
export function scratchPod(origin: ScratchOrigin, wishes: ScratchWishes, password: string): V1Pod {
  const { run, maker, place, settings, databaseBytes } = wishes
  const { spec, container } = restricted(origin.uid)
  const inMemory = isSmall(databaseBytes)
  const server = { user: origin.user, database: place.database, password }
  const variables = {
    ...origin.env,
    ...scratchVariables(server, origin.env.POSTGRES_INITDB_ARGS),
    PGDATA: `${dataFolder}/scratch`,
  }
  const { memoryBytes, sharedMemoryBytes, inMemoryBytes } = scratchLimits
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: madeMetadata('scratch', run, maker),
    spec: {
      ...spec,
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['127.0.0.1'] },
      imagePullSecrets: origin.pullSecrets.map(name => ({ name })),
      ...(origin.node === undefined ? {} : { affinity: preferred(origin.node) }),
      containers: [
        {
          ...container,
          name: 'postgres',
          image: origin.image,
          imagePullPolicy: 'IfNotPresent',
          args: [
            'postgres',
            ...scratchArguments(settings, inMemory),
            '-c',
            'max_logical_replication_workers=0',
          ],
          env: Object.entries(variables).map(([name, value]) => ({ name, value })),
          resources: {
            requests: { cpu: '100m', memory: '256Mi' },
            limits: { memory: `${memoryBytes + sharedMemoryBytes + (inMemory ? inMemoryBytes : 0)}` },
          },
          volumeMounts: [
            { name: 'data', mountPath: dataFolder },
            { name: 'shared-memory', mountPath: '/dev/shm' },
            { name: 'no-scripts', mountPath: '/docker-entrypoint-initdb.d' },
          ],
        },
      ],
      volumes: [
        { name: 'data', emptyDir: inMemory ? inMemoryOf(inMemoryBytes) : {} },
        { name: 'shared-memory', emptyDir: inMemoryOf(sharedMemoryBytes) },
        { name: 'no-scripts', emptyDir: {} },
      ],
    },
  }
}

const inMemoryOf = (bytes: number) => ({ medium: 'Memory', sizeLimit: `${bytes}` })

function preferred(node: string) {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }]
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchFields } }],
    },
  }
}
