import { parentPort, workerData } from 'node:worker_threads'
import { openServices, type Settings } from '#lib/services'
import { isAlive } from '../liveness.ts'
import { directReads } from './direct.ts'

/** What the thread is asked. */
export interface Question {
  id: number
  name: string
  query: string
}

/** Settings without what cannot be handed to a thread. */
export type PlainSettings = Omit<Settings, 'isAlive' | 'signal'>

const readsOf = (settings: PlainSettings) => directReads(openServices({ ...settings, isAlive }))

let read = readsOf(workerData as PlainSettings)
parentPort!.on('message', async (message: Question | PlainSettings) => {
  if ('configuration' in message) {
    read = readsOf(message)
    return
  }
  const { id, name, query } = message
  const answer = await read(name, query)
  const { body, gzip } = answer
  parentPort!.postMessage({ id, answer }, gzip ? [body.buffer, gzip.buffer] : [body.buffer])
})
