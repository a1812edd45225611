import { RespaldoError } from '../errors.ts'

/** The error of a tar whose bytes contradict each other. The offset is the byte's place in the tar. */
export function damagedTar(offset: number, reason: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The tar is damaged at byte ${offset}: ${reason}`, {
    hint: 'Use another backup; this one cannot be restored completely.',
    context: { offset, reason },
  })
}

/** The error of a tar that ends before its end. `where` goes on behind its last byte: `within "volume/a"`. */
export function cutTar(offset: number, where: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The tar ends at byte ${offset} ${where} and not as a tar ends`, {
    hint: 'A file became shorter while it was read, or the stream was cut: read the volume again, while nothing writes to it.',
    context: { offset, cut: true },
  })
}

/** True for what `cutTar` made: a volume that was being read is worth another try then; a tar that was kept is damaged. */
export const isCutTar = (error: unknown): boolean =>
  error instanceof RespaldoError && error.context?.cut === true

/** The error of a tar that may be sound and is not read all the same. */
export function foreignTar(what: string, offset?: number): RespaldoError {
  const where = offset === undefined ? '' : ` at byte ${offset}`
  return new RespaldoError('input-invalid', `The tar has${where} ${what}`, {
    hint: 'Give the tar of one volume, with names that begin with volume/, made without --sparse, --multi-volume, --incremental or --label.',
  })
}

/** The error of a tar whose entries contradict each other. */
export function contradictoryTar(what: string): RespaldoError {
  return new RespaldoError('data-corrupt', `The tar has ${what}`, {
    hint: 'No volume has this: make the tar again.',
  })
}
