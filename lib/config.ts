import { parse } from 'yaml'
import { z } from 'zod'
import { fileOf, type Layer, mergeLayers } from './config/layers.ts'
import { limits } from './config/limits.ts'
import { literalSecrets } from './config/literal-secrets.ts'
import { problemsOf } from './config/problems.ts'
import { schedules } from './config/schedules.ts'
import { timeZone } from './config/time-zone.ts'
import { RespaldoError } from './errors.ts'
import type { DatabaseChoice } from './postgres/database.ts'

const patterns = z.array(z.string().min(1)).min(1).optional()

const source = z
  .strictObject({
    /** What callers name it by; of a `direct` or `embedded` source also its folder in the repository. */
    name: z.string().optional(),
    environment: z.enum(['docker', 'kubernetes', 'direct', 'embedded']),
    container: z.string().optional(),
    /** Of a `kubernetes` source: where its pods are (`*` for every namespace), and which of them. */
    namespace: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
    pod: z.string().optional(),
    selector: z.string().optional(),
    k8sContainer: z.string().optional(),
    context: z.string().optional(),
    database: z.string().optional(),
    /** Every database of the server, or those that patterns choose. */
    databases: z
      .union([z.literal('all'), z.strictObject({ include: patterns, exclude: patterns })], {
        error: 'has to be all, or an object of lists include and exclude',
      })
      .optional(),
    user: z.string().optional(),
    /** Of a `direct` source, without its password. */
    url: z.string().optional(),
    folder: z.string().optional(),
  })
  .refine(({ database, databases }) => database === undefined || databases === undefined, {
    error: 'database and databases exclude each other',
  })

/** What has to be true of a database that was restored on trial. */
const check = z.strictObject({
  /** Id of the one source that is meant; without it all. */
  source: z.string().optional(),
  /** One SELECT of a single value. */
  sql: z.string().min(1),
  /** That value; without it `true`. */
  expect: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
})

const count = z.int().nonnegative()

const schema = z.strictObject({
  repository: z.string().optional(),
  profile: z.enum(['development', 'staging', 'production']).optional(),
  environment: z.enum(['docker', 'kubernetes', 'direct', 'embedded']).optional(),
  timeZone: timeZone.optional(),
  hosts: z.array(z.string()).optional(),
  /** Limits of a chain; see `Strategy`. */
  strategy: z
    .strictObject({
      fullDays: z.number().positive().optional(),
      incrementals: z.int().nonnegative().optional(),
      renewShare: z.number().positive().max(1).optional(),
    })
    .optional(),
  /** What is kept; see `RetentionPolicy`. */
  retention: z
    .strictObject({
      daily: count.optional(),
      weekly: count.optional(),
      monthly: count.optional(),
      yearly: count.optional(),
      full: count.optional(),
      last: count.optional(),
      days: count.optional(),
      minimum: count.optional(),
      safetyDays: count.optional(),
      scheme: z.enum(['periods', 'calendar']).optional(),
      defaults: z.boolean().optional(),
    })
    .optional(),
  sources: z.array(source).optional(),
  /** Where backups are restored on trial that have no image or server of their own at hand. */
  scratch: z.strictObject({ url: z.string() }).optional(),
  checks: z.array(check).optional(),
  /** How long what was stopped may take to be healthy again. */
  quiesce: z.strictObject({ seconds: z.int().positive() }).optional(),
  limits: limits.optional(),
  schedules: schedules.optional(),
})

/** `respaldo.yaml` as it was written. */
export type Configuration = z.infer<typeof schema>
/** One entry under `checks`. */
export type Check = z.infer<typeof check>
/** One entry under `sources`. */
export type ConfiguredSource = z.infer<typeof source>

/** The entry of that name, or the only one there is. */
export function meantSource(
  { sources = [] }: Configuration,
  name: string | undefined,
): ConfiguredSource | undefined {
  if (name !== undefined) return sources.find(source => source.name === name)
  return sources.length === 1 ? sources[0] : undefined
}

/** Which databases of its server an entry means; undefined when it means one. */
export function chosenDatabases({ databases }: ConfiguredSource): DatabaseChoice | undefined {
  return databases === 'all' ? {} : databases
}

/** Reads one file alone; see `parseLayers`. */
export function parseConfig(text: string, file: string): Configuration {
  return parseLayers([parseLayer(text, file)])
}

/** A file as YAML says it, unchecked; `config-invalid` when it is not YAML. */
export function parseLayer(text: string, file: string): Layer {
  try {
    return { file, value: parse(text) }
  } catch (cause) {
    throw new RespaldoError(
      'config-invalid',
      `${file} is not YAML: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}`,
      { cause },
    )
  }
}

/** Checks files that are laid over one another; every problem at once as `config-invalid`. An empty file is an empty configuration. */
export function parseLayers(layers: readonly Layer[]): Configuration {
  const value = mergeLayers(layers)
  const secrets = literalSecrets(value)
  const parsed = schema.safeParse(value)
  if (parsed.success && secrets.length === 0) return parsed.data
  const problems = [...(parsed.error ? problemsOf(parsed.error, schema) : []), ...secrets]
  const texts = problems.map(({ path, message }) => ({
    file: fileOf(layers, path),
    text: `${path.join('.') || 'the file'}: ${message}`,
  }))
  throw new RespaldoError('config-invalid', byFile(texts), {
    context: { problems: texts.map(({ file, text }) => `${file}: ${text}`) },
  })
}

function byFile(problems: readonly { file: string; text: string }[]): string {
  const files = Map.groupBy(problems, ({ file }) => file)
  return [...files].map(([file, some]) => `${file}: ${some.map(({ text }) => text).join('; ')}`).join('; ')
}

/** The JSON Schema of `respaldo.yaml`, for editors. */
export const configurationSchema = (): object => ({
  title: 'respaldo.yaml',
  ...z.toJSONSchema(schema, { io: 'input' }),
})
