import { once } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import type { Store } from '../store/store.ts'
import { lookEvery, patiently, renewEvery, slept } from './lease-times.ts'

/** An object that tells others that its writer lives, because it changes. */
export interface SignOfLife {
  /** Writes it anew at once, with what the document says now; never before an earlier writing has ended. */
  write(): Promise<void>
  /** Writes it no more. Never throws, and waits for a writing on its way only for a while. `last`: what is done to the object then. */
  end(last: () => Promise<unknown>): Promise<void>
}

/** Writes an object, and writes it anew every 5 seconds with another `beat` until it is ended. */
export async function openSignOfLife(
  store: Store,
  clock: Clock,
  key: string,
  document: () => object,
): Promise<SignOfLife> {
  const stop = new AbortController()
  let beat = 0
  let writing: Promise<unknown> = Promise.resolve()

  function write(): Promise<void> {
    const written = writing.then(async () => {
      const text = `${JSON.stringify({ ...document(), beat: beat++ })}\n`
      await store.put(key, once(text), { signal: stop.signal })
    })
    writing = written.catch(() => {}) // who asked for it hears of it
    return written
  }

  async function goOn(): Promise<void> {
    for (let pause = renewEvery; await slept(clock, pause, stop.signal); )
      pause = await write().then(
        () => renewEvery,
        () => lookEvery,
      )
  }

  await write()
  const going = goOn()
  return {
    write,
    async end(last) {
      stop.abort()
      // One on its way would be back after a deletion.
      await patiently(clock, going.then(() => writing).then(last))
    },
  }
}
