import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Configuration, parseConfig } from '#lib/config'
import { RespaldoError } from '#lib/errors'
import type { Origin, Settings } from '#lib/services'
import type { GlobalOptions } from './cli.ts'
import { isAlive, thisHolder } from './liveness.ts'
import type { Outside } from './outside.ts'

/** Flags beat variables, variables beat the configuration, which beats the defaults. */
export function readSettings(options: GlobalOptions, outside: Outside, origin: Origin): Settings {
  const variables = withFiles(outside.variables)
  const configuration = readConfiguration(options.config ?? variables.RESPALDO_CONFIG)
  return {
    configuration,
    directory: resolve(options.dir ?? variables.BACKUP_DIR ?? configuration.repository ?? 'backups'),
    profile: profile(options.profile ?? variables.RESPALDO_PROFILE ?? configuration.profile ?? 'development'),
    retention: { ...configuration.retention, ...retentionOf(variables) },
    origin,
    version: outside.version,
    variables,
    holder: thisHolder(),
    isAlive,
    signal: outside.signal,
  }
}

const profiles = ['development', 'staging', 'production']

function profile(name: string): string {
  if (profiles.includes(name)) return name
  throw new RespaldoError('input-invalid', `${name} is no profile`, { hint: `Use ${profiles.join(', ')}.` })
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

function readConfiguration(named: string | undefined): Configuration {
  const file = named ?? 'respaldo.yaml'
  try {
    return parseConfig(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof RespaldoError) throw error
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new RespaldoError('config-invalid', `${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
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
