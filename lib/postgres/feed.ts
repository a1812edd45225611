import type { Bytes } from '../bytes.ts'
import { counted, type Report } from '../events.ts'
import type { RestoreInput } from './database.ts'
import { pack } from './pack.ts'
import { guardPlain } from './plain.ts'
import type { Transport } from './transport.ts'

/** A dump on its way to a command's input. */
export interface Feed {
  stdin: Bytes
  /** Throws what the dump's own stream failed with, which is the reason and not what the command made of it. */
  throwIfBroken(): void
}

/** Feeds a command with what `open` gives; the signal is aborted when that failed. */
export function openFeed(open: (broken: AbortSignal) => Bytes): Feed {
  const broken = new AbortController()
  return {
    stdin: watched(open(broken.signal), error => broken.abort(error)),
    throwIfBroken() {
      if (broken.signal.aborted) throw broken.signal.reason
    },
  }
}

/** A dump as it goes over this transport. A backup's own frames go as they are stored; SQL text is guarded. */
export function packedDump(
  input: RestoreInput,
  transport: Transport,
  report: Report,
  { signal, subscriptions = false }: { signal: AbortSignal; subscriptions?: boolean },
): Bytes {
  const total = { totalBytes: input.rawBytes }
  if (input.format === 'plain')
    return pack(
      counted(guardPlain(input.open(signal), { subscriptions }), 'restore', report, total),
      transport,
    )
  if (transport === 'zstd' && input.openZstd)
    return counted(input.openZstd(signal), 'restore', report, { totalBytes: input.storedBytes })
  return pack(counted(input.open(signal), 'restore', report, total), transport)
}

/** A stream whose own failure is told before the command sees a short input. */
async function* watched(bytes: Bytes, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    failed(error)
    throw error
  }
}
