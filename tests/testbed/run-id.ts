import { hostname } from 'node:os'
import { isAlive, processKey } from './process-id.ts'

/** The label that every container of the testbed carries; its value is the id of the run that made it. */
export const runLabel = 'respaldo.testbed'

/** This run's id. Test files run in processes of their own: the global setup passes them its id by the environment. */
export function runId(): string {
  return process.env.RESPALDO_TESTBED_RUN ?? `${processKey()}@${hostname()}`
}

/** Says whether the run of that id is over for certain; of another host's runs nothing can be known. */
export function isOver(id: string): boolean {
  const [key = '', host] = id.split('@')
  return host === hostname() && /^\d+-\d+$/.test(key) && !isAlive(key)
}
