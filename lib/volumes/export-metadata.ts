import { z } from 'zod'
import type { VolumePlace } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import type { VolumeManifest } from '../repository/manifest.ts'

/** The first file of an export of volumes, and what stands beside it. */
export const metadataName = 'metadata.json'

/** The tar of one volume within an export. */
export const tarName = ({ source }: VolumeManifest): string => `${source.id}.tar`

const names = ['docker', 'kubernetes', 'direct', 'embedded'] as const

const document = z.object({
  type: z.literal('volumes'),
  volumes: z
    .array(
      z.object({
        file: z.string().min(1),
        source: z.string().min(1),
        id: z.string().min(1),
        place: z.object({
          environment: z.enum(names),
          volume: z.string().min(1),
          namespace: z.string().optional(),
          host: z.string().optional(),
        }),
        recipe: z.record(z.string(), z.unknown()),
        exclude: z.array(z.string()).optional(),
      }),
    )
    .min(1),
})

/** One volume of an export, as its metadata tell of it. */
export interface ExportedVolume {
  file: string
  source: string
  /** Of the backup. */
  id: string
  place: VolumePlace
  recipe: Readonly<Record<string, unknown>>
  exclude?: readonly string[] | undefined
}

/** What stands in an export's `metadata.json` and beside it. Sizes in bytes. */
export function volumesMetadata(manifests: readonly VolumeManifest[], filename: string): string {
  const [{ profile, host, tool } = {} as VolumeManifest] = manifests
  const volumes = manifests.map(manifest => {
    const { id, name, description, source, scope, started, finished, totals, sizes } = manifest
    return {
      file: tarName(manifest),
      source: source.id,
      id,
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      place: source.place,
      recipe: source.recipe,
      ...(scope.exclude ? { exclude: scope.exclude } : {}),
      started,
      finished,
      totals,
      bytes: sizes.raw,
    }
  })
  const date = newestStart(manifests)
  const all = { filename, type: 'volumes', compressed: true, date, profile, host, tool, volumes }
  return `${JSON.stringify(all, undefined, 2)}\n`
}

/** Of the youngest of them. */
export const newestStart = (manifests: readonly VolumeManifest[]): string =>
  manifests
    .map(({ started }) => started)
    .toSorted()
    .at(-1) ?? ''

/** Undefined when it is the metadata of something else. */
export function parseVolumesMetadata(text: string, where: string): readonly ExportedVolume[] | undefined {
  const found = parseJson(text, where) as { type?: unknown } | null
  if (found?.type !== 'volumes') return undefined
  const parsed = document.safeParse(found)
  if (parsed.success) return parsed.data.volumes as readonly ExportedVolume[]
  throw damaged(where, parsed.error)
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damaged(where, cause)
  }
}

const damaged = (where: string, cause: unknown): RespaldoError =>
  new RespaldoError('data-corrupt', `${where}: its ${metadataName} is not that of an export of volumes`, {
    cause,
    hint: 'Get the file again from where it came from.',
  })
