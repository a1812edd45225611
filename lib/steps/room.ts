import { humanBytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { Store } from '../store/store.ts'

/** `space-insufficient` when the store has less room than a backup needs, as far as both can be known. */
export async function assertRoom(store: Store, neededBytes: number): Promise<void> {
  const free = await store.freeBytes()
  if (free === undefined || free >= neededBytes) return
  throw new RespaldoError(
    'space-insufficient',
    `${store.name} has ${humanBytes(free)} free; this backup needs about ${humanBytes(neededBytes)}`,
    {
      hint: 'Make room, or keep the repository elsewhere with --dir.',
    },
  )
}
