import { failures, toRespaldoError } from '#lib/errors'
import type { GlobalOptions } from './cli.ts'
import type { Outside } from './outside.ts'
import { openRenderer, type Renderer } from './render.ts'

/** Does the work of a command that is no function, shows its result or its error, and returns the exit code. */
export async function shown(
  name: string,
  { options, outside }: { options: GlobalOptions; outside: Outside },
  work: (renderer: Renderer) => unknown,
): Promise<number> {
  const renderer = openRenderer(name, options, outside)
  try {
    renderer.result(await work(renderer))
    return 0
  } catch (error) {
    const known = toRespaldoError(error)
    renderer.error(known)
    return failures[known.code].exit
  }
}
