import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseLayers } from '#lib/config'
import { RespaldoError } from '#lib/errors'
import type { Origin, Settings } from '#lib/services'
import type { GlobalOptions } from './cli.ts'
import { type ReadFiles, readFiles } from './configuration.ts'
import { isAlive, thisHolder } from './liveness.ts'
import type { Outside } from './outside.ts'
import { allOf } from './problems.ts'

/** Flags beat variables, variables beat the configuration, which beats the defaults. Every problem of the files and variables at once. */
export function readSettings(
  options: GlobalOptions,
  outside: Outside,
  origin: Origin,
  files: ReadFiles = readFiles(options, outside),
): Settings {
  const [variables, configuration, retention] = allOf(
    () => withFiles(files.variables),
    () => parseLayers(files.layers),
    () => retentionOf(files.variables),
  )
  return {
    configuration,
    directory: resolve(options.dir ?? variables.BACKUP_DIR ?? configuration.repository ?? 'backups'),
    profile: files.profile,
    retention: { ...configuration.retention, ...retention },
    origin,
    version: outside.version,
    variables,
    holder: thisHolder(),
    isAlive,
    signal: outside.signal,
  }
}

/** Variables of the retention, and the rules that they set. */
const retentionRules = {
  RETENTION_DAILY: 'daily',
  RETENTION_WEEKLY: 'weekly',
  RETENTION_MONTHLY: 'monthly',
  RETENTION_FULL: 'full',
  RETENTION_DAYS: 'days',
} as const

/** What is set but empty says nothing. */
function retentionOf(variables: Outside['variables']): Settings['retention'] {
  const set = Object.entries(retentionRules).flatMap(([name, rule]) => {
    const text = variables[name]?.trim()
    return text ? [[rule, wholeNumber(name, text)]] : []
  })
  return Object.fromEntries(set)
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new RespaldoError('input-invalid', `${name} cannot be ${text}`, {
    hint: 'Give a whole number, 0 or more; 0 turns the rule off.',
  })
}

const secrets = ['POSTGRES_PASSWORD', 'PGPASSWORD', 'DATABASE_URL', 'RESPALDO_TOKEN']

/** Variables with those whose `_FILE` twin names a file that holds the value. */
function withFiles(variables: Outside['variables']): Record<string, string | undefined> {
  const all = { ...variables }
  for (const name of secrets) {
    const file = variables[`${name}_FILE`]
    if (file !== undefined && variables[name] === undefined) all[name] = readSecret(name, file)
  }
  return all
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch (cause) {
    throw new RespaldoError('config-invalid', `${name}_FILE names ${file}, which cannot be read`, { cause })
  }
}
