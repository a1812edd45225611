import { functions } from '#functions'
import type { Services } from '#lib/services'
import { type Reads, readAnswer } from './reads.ts'

/** Reads here and now. */
export function directReads(services: Services): Reads {
  return async (name, query) =>
    readAnswer(await functions[name]!.app.request(`/${query}`, { method: 'GET' }, services))
}
