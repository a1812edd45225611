import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#lib/clock'
import { filesystemStore } from '#lib/store/filesystem'
import { memoryStore } from '#lib/store/memory'
import { manualClock } from '../doubles/clock.ts'
import { faultyStore } from '../doubles/faults.ts'
import { type StoreUnderTest, storeContract } from './store.ts'

const nested = 'a file cannot be a folder too'

async function inFolder(clock?: Clock): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-store-'))
  return {
    store: filesystemStore({ root: join(folder, 'a', 'root'), ...(clock ? { clock } : {}) }),
    close: () => rm(folder, { recursive: true }),
  }
}

/** A clock by which every read waits for its disk. */
function slowClock(): Clock {
  const clock = manualClock()
  return {
    ...clock,
    monotonic() {
      clock.skip(5)
      return clock.monotonic()
    },
  }
}

storeContract('filesystem', inFolder, { nested })
storeContract('filesystem whose reads are slow', () => inFolder(slowClock()), { nested })
storeContract('memory', async () => ({ store: memoryStore(), close: async () => {} }))
storeContract('faults without any', async () => ({
  store: faultyStore(memoryStore()),
  close: async () => {},
}))
