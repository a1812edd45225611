import type Docker from 'dockerode'
import { RespaldoError } from '../errors.ts'
import type { VolumeRecipe } from '../volumes/volume.ts'
import { sourceLabel } from './docker-container.ts'
import { labelsOf } from './docker-made.ts'
import type { Maker } from './environment.ts'

/** How the engine made a volume. Its options are the driver's: of `local` those of mount(8). */
interface DockerRecipe {
  name: string
  driver: string
  options: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
}

/** Of the run whose restore made a volume. It says nothing of how one is made. */
const madeByLabel = 'respaldo.restored-by'

/** See `VolumeInfo`. */
export const madeBy = ({ Labels }: Pick<Docker.VolumeInspectInfo, 'Labels'>): string | undefined =>
  Labels?.[madeByLabel]

/** Stands in a recipe for a secret. */
const masked = '***'

/** How a volume was made, with its secrets masked: a password of a network share stands in its options. */
export function recipeOf({
  Name,
  Driver,
  Options,
  Labels,
}: Pick<Docker.VolumeInspectInfo, 'Name' | 'Driver' | 'Options' | 'Labels'>): VolumeRecipe {
  const options = Object.entries(Options ?? {}).map(([key, value]) => [key, withoutSecrets(key, value)])
  const { [madeByLabel]: _, ...labels } = Labels ?? {}
  return { name: Name, driver: Driver, options: Object.fromEntries(options), labels }
}

const secretWord = /pass|secret|token|credential|key/i

function withoutSecrets(key: string, value: string): string {
  if (secretWord.test(key)) return masked
  return value
    .split(',')
    .map(part => {
      const [name = ''] = part.split('=', 1)
      return part.includes('=') && secretWord.test(name) ? `${name}=${masked}` : part
    })
    .join(',')
    .replaceAll(/(\w+:\/\/[^\s:@/]*):[^\s@]+@/g, `$1:${masked}@`)
}

/**
 * The volume of a recipe in the engine's words. Under another name it is a copy: neither a part of the Compose project nor the source that the
 * labels name. `input-invalid` when the recipe lacks a secret.
 */
export function volumeOptions(
  name: string,
  recipe: VolumeRecipe,
  run?: string | undefined,
): Docker.VolumeCreateOptions {
  const { name: original, driver, options, labels } = parseRecipe(name, recipe)
  const lacking = Object.entries(options).find(([, value]) => value.includes(masked))
  if (lacking) throw secretLacking(name, lacking[0])
  const isCopy = original !== undefined && original !== name
  return {
    Name: name,
    Driver: driver,
    DriverOpts: { ...options },
    Labels: {
      ...(isCopy ? withoutIdentity(labels) : labels),
      ...(run === undefined ? {} : { [madeByLabel]: run }),
    },
  }
}

/** Never of the same recipe: a mounted folder or share would be the very same again. */
export function scratchVolume(name: string, maker: Maker): Docker.VolumeCreateOptions {
  return { Name: name, Driver: 'local', Labels: labelsOf('volume', maker) }
}

function withoutIdentity(labels: DockerRecipe['labels']): Record<string, string> {
  const isIdentity = (label: string) => label === sourceLabel || label.startsWith('com.docker.')
  return Object.fromEntries(Object.entries(labels).filter(([label]) => !isIdentity(label)))
}

/** An empty recipe is that of an ordinary volume. */
function parseRecipe(name: string, recipe: VolumeRecipe): Partial<DockerRecipe> & Omit<DockerRecipe, 'name'> {
  const { name: original, driver = 'local', options = {}, labels = {} } = recipe
  const isName = (value: unknown) => value === undefined || typeof value === 'string'
  if (!isName(original) || !isName(driver) || !isTexts(options) || !isTexts(labels))
    throw new RespaldoError('data-corrupt', `It is not known how the volume ${name} is made`, {
      hint: 'The backup says it in another way than this version of Respaldo reads. Make the volume with `docker volume create` first.',
    })
  return {
    ...(original === undefined ? {} : { name: original as string }),
    driver: driver as string,
    options,
    labels,
  }
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(text => typeof text === 'string')
  )
}

function secretLacking(name: string, option: string): RespaldoError {
  return new RespaldoError(
    'input-invalid',
    `The volume ${name} cannot be made: its option ${option} held a secret, which no backup keeps`,
    {
      hint: `Make it first, with \`docker volume create --opt ${option}=… ${name}\`, and restore into it.`,
    },
  )
}
