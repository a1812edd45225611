import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { RespaldoError } from '../errors.ts'
import type { Call, Failure, Reply } from './embedded-calls.ts'

/** A thread with one PGlite in it. Calls are answered one after the other; a thread that died answers with its last words. */
export interface Thread {
  call(call: Call): Promise<unknown>
  /** Ends the thread and gives back all its memory, whatever it is doing. */
  end(): Promise<void>
}

/** What PGlite said when it refused something. Always translated before anybody else sees it. */
export class PgliteFailure extends Error {
  override readonly name = 'PgliteFailure'
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.detail ? `${failure.message} (${failure.detail})` : failure.message)
    this.failure = failure
  }
}

/** Starts a thread; PGlite is loaded there and nowhere else. */
export function startThread(): Thread {
  const file = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(file, { execArgv: [], stdout: true, stderr: true })
  worker.stdout.resume()
  let words = ''
  worker.stderr.on('data', piece => {
    words = `${words}${piece}`.slice(-2000)
  })
  const died = new Promise<never>((_, reject) => {
    worker.once('error', cause => reject(ended(words, cause)))
    worker.once('exit', () => reject(ended(words)))
  })
  died.catch(() => {}) // told by the next call
  let last: Promise<unknown> = Promise.resolve()
  return {
    call(call) {
      const answer = last.then(() => Promise.race([ask(worker, call), died]))
      last = answer.catch(() => {})
      return answer
    },
    end: async () => void (await worker.terminate()),
  }
}

function ask(worker: Worker, call: Call): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', (reply: Reply) =>
      'value' in reply ? resolve(reply.value) : reject(new PgliteFailure(reply.failure)),
    )
    worker.postMessage(call)
  })
}

const ended = (words: string, cause?: unknown): RespaldoError =>
  new RespaldoError('command-failed', `PGlite ended unexpectedly${words ? `: ${words.trim()}` : ''}`, {
    cause,
    hint: 'It holds a whole dump in memory; a database of several hundred megabytes needs a server and `pg_dump`.',
  })
