import { Worker } from 'node:worker_threads'
import { RespaldoError } from '#lib/errors'
import type { ReadAnswer, Reads } from './reads.ts'
import type { PlainSettings, Question } from './thread.ts'

/** Reads that go on with other settings when they are told to. */
export interface ThreadedReads {
  read: Reads
  /** What is asked from now on is answered by these settings. */
  use(settings: PlainSettings): void
}

/**
 * Reads in a thread of its own, so that a catalog of thousands of backups, or an engine with many containers, holds up nothing else that
 * this process does. A thread that died is followed by another one.
 */
export function threadedReads(first: PlainSettings): ThreadedReads {
  const pending = new Map<number, PromiseWithResolvers<ReadAnswer>>()
  let settings = first
  let last = 0
  let worker: Worker | undefined = open() // at once, so that the first who asks does not wait for it to load

  function open(): Worker {
    const opened = new Worker(new URL('./thread.ts', import.meta.url), { workerData: settings })
    opened.unref()
    opened.on('message', ({ id, answer }: { id: number; answer: ReadAnswer }) => {
      pending.get(id)?.resolve(answer)
      pending.delete(id)
    })
    opened.on('error', cause => {
      worker = undefined
      const died = new RespaldoError('internal', `The thread that reads ended: ${(cause as Error).message}`, {
        cause,
      })
      for (const { reject } of pending.values()) reject(died)
      pending.clear()
    })
    return opened
  }

  const read: Reads = (name, query) => {
    worker ??= open()
    const answer = Promise.withResolvers<ReadAnswer>()
    const question: Question = { id: ++last, name, query }
    pending.set(question.id, answer)
    worker.postMessage(question)
    return answer.promise
  }

  return {
    read,
    use(next) {
      settings = next
      worker?.postMessage(next)
    },
  }
}
