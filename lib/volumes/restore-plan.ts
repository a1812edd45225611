import { type Bytes, humanBytes } from '../bytes.ts'
import type { VolumeRecipe, VolumeUser } from './volume.ts'

/** The tar of a volume that can be restored. */
export interface VolumeInput {
  /** For people: `<source>/<id>`, or the file and what of it. */
  name: string
  /** May be called more than once; every clean end is a whole tar, as `volumeRoot` describes it. */
  open(signal?: AbortSignal): Bytes
  /** The same for who is done with each piece before it asks for the next one. */
  pass(signal?: AbortSignal): Bytes
  /** How a volume is made for it. */
  recipe: VolumeRecipe
  /** Patterns of what was left out when it was backed up. */
  exclude: readonly string[]
}

/** What is to be restored, and how. */
export interface VolumeRestoreRequest {
  /** `into`: the volume is new or empty. `in-place`: what it holds is replaced. */
  mode: 'into' | 'in-place'
  /** Only these files and folders, by their paths from the volume's root; then nothing else is touched. */
  paths?: readonly string[] | undefined
  /** Who uses the volume is stopped and started again. */
  stop?: boolean | undefined
}

/** What a plan is made of; all of it was read before, so that deciding is pure. */
export interface VolumePlanFacts {
  /** Of the volume that has the content in the end. */
  volume: string
  /** Of what is restored. */
  input: Pick<VolumeInput, 'name' | 'exclude'>
  tar: VolumeContent
  /** Undefined when there is no such volume. */
  existing: ExistingVolume | undefined
  /** Where it is; undefined where that cannot be told. */
  freeBytes: number | undefined
}

/** What the tar that is written holds. */
export interface VolumeContent {
  entries: number
  /** Of the content of all files. */
  bytes: number
  /** Of these, blocks of nothing but zeros: what may have been holes. */
  zeroBytes: number
}

/** A volume that is there already. */
export interface ExistingVolume {
  users: readonly VolumeUser[]
  isEmpty: boolean
  usedBytes: number | undefined
  /** Whether a process can run that clears it and copies into it. */
  isReplaceable: boolean
}

/** What happens to the volume. */
export type VolumeDeed = 'make' | 'fill' | 'replace' | 'add'

/** What a restore would do, with everything that speaks against it. Nothing has been changed when it is made. */
export interface VolumeRestorePlan {
  volume: string
  deed: VolumeDeed
  content: VolumeContent
  users: readonly VolumeUser[]
  /** In the order in which they happen, as sentences. */
  steps: readonly string[]
  warnings: readonly string[]
  /** What forbids it. Empty means that it may run. */
  refusals: readonly {
    code: 'restore-unsafe' | 'space-insufficient' | 'environment-unavailable'
    message: string
    hint?: string
  }[]
  /** The name that a confirmation has to give, or undefined when nothing existing is replaced. */
  replaces: string | undefined
}

type Refusal = VolumeRestorePlan['refusals'][number]

/** What a restore would do to this volume, and everything that speaks against it. Pure. */
export function planVolumeRestore(request: VolumeRestoreRequest, facts: VolumePlanFacts): VolumeRestorePlan {
  const { volume, existing, tar } = facts
  const deed = deedOf(request, existing)
  return {
    volume,
    deed,
    content: tar,
    users: existing?.users ?? [],
    steps: steps(deed, request, facts),
    warnings: warnings(deed, facts),
    refusals: [
      ...occupiedRefusals(request, facts),
      ...userRefusals(request, facts),
      ...replacerRefusals(deed, facts),
      ...roomRefusals(deed, facts),
    ],
    replaces: deed === 'replace' || deed === 'add' ? volume : undefined,
  }
}

function deedOf({ paths }: VolumeRestoreRequest, existing: ExistingVolume | undefined): VolumeDeed {
  if (!existing) return 'make'
  if (existing.isEmpty) return 'fill'
  return paths ? 'add' : 'replace'
}

/** Those of the users that are not stopped, each once: what is paused goes on with what it has read before. */
export const namesAtWork = (users: readonly VolumeUser[] = []): readonly string[] => [
  ...new Set(users.filter(({ state }) => state !== 'stopped').map(({ name }) => name)),
]

function steps(
  deed: VolumeDeed,
  { paths, stop }: VolumeRestoreRequest,
  { volume, input, tar, existing }: VolumePlanFacts,
): string[] {
  const what = `${tar.entries} entries with ${humanBytes(tar.bytes)}${paths ? ` (${paths.join(', ')})` : ''}`
  const compare = `read ${volume} and compare every entry with the backup`
  const users = stop ? namesAtWork(existing?.users) : []
  const around = (inner: string[]) =>
    users.length === 0
      ? inner
      : [`stop ${users.join(', ')}`, ...inner, `start ${users.toReversed().join(', ')} again`]
  const safety = `back up all of ${volume} as a safety backup, and read that back`
  switch (deed) {
    case 'make':
      return [`make the volume ${volume}`, `write ${what} of ${input.name} into it`, compare]
    case 'fill':
      return around([`write ${what} of ${input.name} into the empty volume ${volume}`, compare])
    case 'add':
      return around([safety, `write ${what} of ${input.name} over what ${volume} holds`, compare])
    case 'replace':
      return [
        `write ${what} of ${input.name} into a temporary volume, and compare every entry there`,
        ...around([safety, `clear ${volume} and copy the temporary volume into it`, compare]),
        'remove the temporary volume',
      ]
    default:
      return deed satisfies never
  }
}

function warnings(deed: VolumeDeed, { volume, input, tar, existing }: VolumePlanFacts): string[] {
  const resting = existing?.users.filter(({ state }) => state === 'stopped').map(({ name }) => name) ?? []
  return [
    ...(resting.length > 0
      ? [`${[...new Set(resting)].join(', ')} (stopped) will find the restored content`]
      : []),
    ...(deed === 'replace' && input.exclude.length > 0
      ? [`The backup was made without ${input.exclude.join(', ')}: none of that is in ${volume} afterwards`]
      : []),
    ...(tar.zeroBytes > notableZeros
      ? [
          `${humanBytes(tar.zeroBytes)} of the content are zeros: files that had holes take all of their ${humanBytes(tar.bytes)} on disk while they are written`,
        ]
      : []),
  ]
}

/** Less than this is not worth a word. */
const notableZeros = 64 * 1024 * 1024

function occupiedRefusals({ mode }: VolumeRestoreRequest, { volume, existing }: VolumePlanFacts): Refusal[] {
  if (mode !== 'into' || !existing || existing.isEmpty) return []
  return [
    {
      code: 'restore-unsafe',
      message: `The volume ${volume} exists and is not empty`,
      hint: 'Name a new one with --into, or leave --into out and restore in place with --volume.',
    },
  ]
}

function userRefusals({ stop }: VolumeRestoreRequest, { volume, existing }: VolumePlanFacts): Refusal[] {
  const users = namesAtWork(existing?.users)
  if (stop || users.length === 0) return []
  const names = users.join(', ')
  return [
    {
      code: 'restore-unsafe',
      message: `The volume ${volume} is used by ${names}, which ${users.length === 1 ? 'runs' : 'run'}`,
      hint: `Add --stop: then ${names} ${users.length === 1 ? 'is' : 'are'} stopped for it and started again. Or restore into a new volume with --into NAME.`,
    },
  ]
}

function replacerRefusals(deed: VolumeDeed, { volume, existing }: VolumePlanFacts): Refusal[] {
  if (deed !== 'replace' || existing?.isReplaceable) return []
  return [
    {
      code: 'environment-unavailable',
      message: `${volume} cannot be replaced: nothing can run here that clears it and copies into it`,
      hint: 'Restore into a new volume with --into NAME, and let the containers use that one.',
    },
  ]
}

/** Also what it takes where the old content has not gone yet; what compresses or has holes may take less. */
function roomRefusals(deed: VolumeDeed, { volume, tar, existing, freeBytes }: VolumePlanFacts): Refusal[] {
  const growth = deed === 'replace' ? Math.max(0, tar.bytes - (existing?.usedBytes ?? tar.bytes)) : 0
  return roomRefusal(volume, tar.bytes + growth, freeBytes)
}

/** What forbids to write so much where a volume is, as far as its room is known. */
export function roomRefusal(volume: string, neededBytes: number, freeBytes: number | undefined): Refusal[] {
  if (freeBytes === undefined || freeBytes >= neededBytes) return []
  return [
    {
      code: 'space-insufficient',
      message: `There are ${humanBytes(freeBytes)} free where ${volume} is; this restore needs about ${humanBytes(neededBytes)}`,
      hint: 'Make room there. A volume that is replaced needs room for both, so that nothing is lost when it fails.',
    },
  ]
}
