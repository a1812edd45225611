import { inject } from 'vitest'
import { attachEngine, type Engine } from './engine.ts'

/** What the global setup hands to test files: an engine, or the reason why there is none. */
export type Testbed =
  | { socketPath: string; kind: Engine['kind']; skipReason?: never }
  | { skipReason: string; socketPath?: never; kind?: never }

declare module 'vitest' {
  export interface ProvidedContext {
    testbed: Testbed
  }
}

/** The run's engine, to be used in a test file: `describe.skipIf(!testEngine())`. Undefined only where a skip is
 *  allowed; the global setup has said why. */
export function testEngine(): Engine | undefined {
  const testbed = inject('testbed')
  return testbed.skipReason === undefined ? attachEngine(testbed) : undefined
}
