import type { Bytes } from '../bytes.ts'
import { type Fingerprint, openFingerprint } from './fingerprint.ts'
import { tarGuard } from './guard.ts'
import type { VolumeContent } from './restore-plan.ts'
import { volumeWalker } from './volume-walker.ts'
import { zeroCounter } from './zeros.ts'

/** What a tar that may be written into a volume holds. */
export interface ExaminedTar extends VolumeContent {
  fingerprint: Fingerprint
}

/** Reads the tar of a volume to its end. Throws for one that is damaged, not whole, or would write outside of the volume (see `tarGuard`). */
export async function examinedTar(tar: Bytes): Promise<ExaminedTar> {
  const fingerprinter = openFingerprint()
  const zeros = zeroCounter()
  const walker = volumeWalker(tarGuard(), fingerprinter, zeros)
  for await (const piece of tar) walker.write(piece)
  const { entries, bytes } = walker.end()
  return { entries, bytes, zeroBytes: zeros.bytes(), fingerprint: fingerprinter.result() }
}
