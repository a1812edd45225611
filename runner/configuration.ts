import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { parseLayer } from '#lib/config'
import { type Layer, mergeLayers } from '#lib/config/layers'
import { RespaldoError } from '#lib/errors'
import type { Outside } from './outside.ts'

/** What the user's files say. */
export interface ReadFiles {
  layers: readonly Layer[]
  profile: string
  /** Those that were set, and for the others what `.env.<profile>` or else `.env` says. */
  variables: Outside['variables']
  /** The files that were there, in the order in which they are laid over one another. */
  files: readonly string[]
}

const profiles = ['development', 'staging', 'production']

/** Reads `respaldo.yaml`, over it `respaldo.<profile>.yaml`, and the files of variables beside them; nothing is checked but the profile. */
export function readFiles(
  options: { config?: string; profile?: string },
  { variables: set }: Pick<Outside, 'variables'>,
): ReadFiles {
  const named = options.config ?? set.RESPALDO_CONFIG
  const file = named ?? 'respaldo.yaml'
  const folder = dirname(file)
  const common = readVariables(join(folder, '.env'))
  const base = readLayer(file, named !== undefined)
  const profile = checked(
    options.profile ?? set.RESPALDO_PROFILE ?? common?.RESPALDO_PROFILE ?? profileIn(base) ?? 'development',
  )
  const own = readVariables(join(folder, `.env.${profile}`))
  const over = readLayer(withProfile(file, profile), false)
  const layers = [base, over].filter(layer => layer !== undefined)
  return {
    layers,
    profile,
    variables: { ...common, ...own, ...set },
    files: [
      ...layers.map(layer => layer.file),
      ...(common ? [join(folder, '.env')] : []),
      ...(own ? [join(folder, `.env.${profile}`)] : []),
    ],
  }
}

/** `respaldo.production.yaml` of `respaldo.yaml`. */
const withProfile = (file: string, profile: string): string =>
  `${file.slice(0, file.length - extname(file).length)}.${profile}${extname(file)}`

function checked(name: string): string {
  if (profiles.includes(name)) return name
  throw new RespaldoError('input-invalid', `${name} is no profile`, { hint: `Use ${profiles.join(', ')}.` })
}

function profileIn(layer: Layer | undefined): string | undefined {
  const { profile } = mergeLayers(layer ? [layer] : []) as { profile?: unknown }
  return typeof profile === 'string' ? profile : undefined
}

function readLayer(file: string, isNeeded: boolean): Layer | undefined {
  const text = readText(file, isNeeded)
  return text === undefined ? undefined : parseLayer(text, file)
}

function readVariables(file: string): Record<string, string | undefined> | undefined {
  const text = readText(file, false)
  return text === undefined ? undefined : parseEnv(text)
}

/** Undefined when it is not there and need not be. */
function readText(file: string, isNeeded: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (!isNeeded && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new RespaldoError('config-invalid', `${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}
