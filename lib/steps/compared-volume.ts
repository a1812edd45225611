import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { counted } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import { type NamedDifference, nameDifferences } from '../volumes/entry-names.ts'
import { type Fingerprint, fingerprintOf } from '../volumes/fingerprint.ts'
import { compareFingerprints, type VolumeDifference } from '../volumes/fingerprint-compare.ts'
import type { Volume } from '../volumes/volume.ts'

/** A volume and what people call it. */
export interface NamedVolume extends Volume {
  name: string
}

/** What a volume has to hold. */
export interface Expected {
  /** What is restored: for people. */
  name: string
  fingerprint: Fingerprint
  pass(signal?: AbortSignal): Bytes
  /** Whatever else the volume holds is no difference. */
  isPart?: boolean
}

type World = Pick<Context, 'report' | 'signal'>

/** Reads a volume and compares it entry by entry: type, mode, owner, size, time, target, content. Throws `data-corrupt` naming what differs. */
export async function compareVolume(volume: NamedVolume, expected: Expected, world: World): Promise<void> {
  world.report({
    type: 'step',
    step: 'compare',
    message: `Comparing every entry of ${volume.name} with the backup`,
  })
  const different = await differencesOf(volume, expected, world)
  if (different.length === 0) return
  const texts = different.map(({ object, what }) => `${object} ${what}`)
  throw new RespaldoError(
    'data-corrupt',
    `${volume.name} does not hold what ${expected.name} holds: ${texts.join('; ')}`,
    {
      hint: 'Something else may write to the volume: nothing may use it while it is restored.',
      context: { different },
    },
  )
}

/** In what a volume is not what is expected, as `nameDifferences` tells it. It is read once, and both once more for names where there are any. */
export async function differencesOf(
  volume: Volume,
  expected: Expected,
  { report, signal }: World,
): Promise<readonly NamedDifference[]> {
  const read = () => volume.read(signal)
  const found = await fingerprintOf(counted(read(), 'compare', report))
  const difference = relevant(compareFingerprints(expected.fingerprint, found), expected)
  return difference ? nameDifferences(difference, { backup: expected.pass(signal), restored: read() }) : []
}

function relevant(
  difference: VolumeDifference | undefined,
  { isPart }: Expected,
): VolumeDifference | undefined {
  if (!difference || !isPart) return difference
  const { missing, different } = difference
  return missing.count + different.count > 0 ? { ...difference, extra: { count: 0, paths: [] } } : undefined
}
