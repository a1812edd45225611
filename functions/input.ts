import { z } from 'zod'

/** Lists come as lists, or as one value. */
export const list = z.union([
  z.array(z.string().min(1)),
  z
    .string()
    .min(1)
    .transform(one => [one]),
])

/** How far a verification goes: what a proof can say. */
export const level = z.enum(['checked', 'readable', 'restored'])

/** How a caller names a source or a target. */
export const wanted = {
  source: z.string().min(1).optional().describe('id of a source, as `status` shows it'),
  container: z.string().min(1).optional().describe('name or id of a container'),
  pod: z.string().min(1).optional().describe('name of a pod, or of the Deployment that it is of'),
  namespace: z.string().min(1).optional().describe('namespace of the pod'),
  k8sContainer: z.string().min(1).optional().describe('container of the pod'),
  selector: z.string().min(1).optional().describe('labels of the pod, as for kubectl'),
  context: z.string().min(1).optional().describe('context of the kubeconfig'),
  database: z.string().min(1).optional().describe('name of the database'),
  user: z.string().min(1).optional().describe('role to connect as'),
  url: z.string().min(1).optional().describe('postgres:// URL of a server'),
  environment: z.enum(['docker', 'kubernetes', 'direct', 'embedded']).optional().describe('where to look'),
  folder: z.string().min(1).optional().describe('data folder of an embedded database'),
}

/** Of `wanted`, what only the command line may give. */
export const localWanted = ['url', 'environment', 'folder', 'context'] as const

/** How a caller names one backup of the repository. */
export const named = {
  backup: z.string().min(1).describe('id or name of a backup, or <source>/<id>'),
  source: z.string().min(1).optional().describe('whose backup'),
  wait: z.boolean().optional().describe('wait for a run that holds the source'),
}

/** A number of things: whole and not negative, also as text. */
export const count = z.union(
  [
    z.int().nonnegative(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ],
  {
    error: 'has to be a whole number, 0 or more',
  },
)

/** The part of a database that a backup holds. */
export const scope = {
  schemaOnly: z.boolean().optional().describe('definitions without data'),
  tables: list.optional().describe('only these tables (patterns of pg_dump)'),
  excludeTables: list.optional().describe('all but these tables (patterns of pg_dump)'),
  schemas: list.optional().describe('only these schemas (patterns of pg_dump)'),
}

/** The databases of a whole server. */
export const wholeServer = {
  allDatabases: z.boolean().optional().describe('every database of the server'),
  include: list.optional().describe('of all databases only those of these names (* any characters, ? one)'),
  exclude: list.optional().describe('of all databases none of these names (* any characters, ? one)'),
}

/** How those who use what is read or written come to rest meanwhile. */
export const quiesce = {
  stop: z.boolean().optional().describe('stop what is labelled as its client (respaldo.client-of) meanwhile'),
  pause: z.boolean().optional().describe('pause what is labelled as its client meanwhile'),
}
