import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'

/** How the tests of a run ended. What failed outside of a test (a file that does not load, a hook, an unhandled
 *  rejection) counts as failed too. */
export interface Tally {
  passed: number
  failed: number
  skipped: number
}

/** Tests marked `todo` are skipped ones. */
export function tally(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const tests = modules.flatMap(module => [...module.children.allTests()])
  const count = (state: string) => tests.filter(test => test.result().state === state).length
  const suites = modules.flatMap(module => [module, ...module.children.allSuites()])
  const broken = suites.filter(suite => suite.errors().length > 0).length
  return {
    passed: count('passed'),
    failed: count('failed') + count('pending') + broken + unhandledErrors,
    skipped: count('skipped'),
  }
}

/** Why a run that vitest takes for a success is none, or undefined when it is one. */
export function objection({ passed, failed, skipped }: Tally, ci: boolean): string | undefined {
  if (passed + failed === 0) return 'No test ran.'
  if (ci && skipped > 0) return `${skipped} skipped: with CI set, a skipped test is a failed run.`
  return undefined
}

/** Says last and on a line of its own how many tests passed, failed and were skipped; fails a run that proved too little. */
export default class TallyReporter implements Reporter {
  // Stays so when the run breaks off before its end, in a global setup say.
  #result: Tally = { passed: 0, failed: 1, skipped: 0 }

  onInit(): void {
    // At exit, because coverage and the end of global setups print after the run.
    process.once('exit', () => {
      const { passed, failed, skipped } = this.#result
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], end: TestRunEndReason): void {
    const result = tally(modules, errors.length)
    // A global setup that fails leaves no test that could say so.
    this.#result = end === 'passed' ? result : { ...result, failed: Math.max(1, result.failed) }
    const reason = objection(this.#result, Boolean(process.env.CI))
    if (!reason) return
    process.exitCode = 1
    process.stderr.write(`${reason}\n`)
  }
}
