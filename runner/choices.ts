import { RespaldoError } from '#lib/errors'
import type { Outside } from './outside.ts'

/** One line to pick. */
export interface Choice {
  value: string
  label: string
  hint?: string
}

/** True when there is somebody to ask: a terminal on both sides, and no program that waits for JSON. */
export function canAsk({ stdin, stderr }: Outside, options: { json?: boolean }): boolean {
  return Boolean(stdin.isTTY && stderr.isTTY && !options.json)
}

/** The value that the user picked; leaving is `cancelled`. */
export async function ask(message: string, choices: readonly Choice[], outside: Outside): Promise<string> {
  const { isCancel, select } = await import('@clack/prompts')
  const answer = await select({ message, options: [...choices], output: outside.stderr })
  if (isCancel(answer)) throw new RespaldoError('cancelled', 'Nothing was changed')
  return answer
}

/** The sources between which an error could not decide; undefined for any other error. */
export function severalSources(error: unknown): string[] | undefined {
  if (!(error instanceof RespaldoError) || error.code !== 'input-invalid') return undefined
  const found = error.context?.found
  return Array.isArray(found) && found.length > 1 ? found.map(String) : undefined
}
