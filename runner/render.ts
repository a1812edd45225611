import { styleText } from 'node:util'
import { errorBody, type RespaldoError } from '#lib/errors'
import type { RunEvent } from '#lib/events'
import type { Outside } from './outside.ts'
import { problemsIn } from './problems.ts'
import { openProgress } from './render-progress.ts'
import { people } from './render-result.ts'

/** Shows one run: events to stderr, the result to stdout. */
export interface Renderer {
  event(event: RunEvent): void
  result(result: unknown): void
  error(error: RespaldoError): void
}

export interface RenderOptions {
  json?: boolean
  quiet?: boolean
  verbose?: boolean
  color?: boolean
}

/** With `--json` stdout gets exactly one document, also for an error. Colours and moving progress only on a terminal. */
export function openRenderer(name: string, options: RenderOptions, outside: Outside): Renderer {
  const { stdout, stderr, variables } = outside
  const colours = options.color !== false && !variables.NO_COLOR
  const paint = (style: Parameters<typeof styleText>[0], text: string, stream: NodeJS.WriteStream) =>
    colours && stream.isTTY ? styleText(style, text, { validateStream: false }) : text
  const progress = options.quiet ? undefined : openProgress(stderr)
  return {
    event(event) {
      if (event.type === 'warning') {
        progress?.pause()
        stderr.write(
          `${paint('yellow', 'warning:', stderr)} ${event.message}\n${event.hint ? `  ${event.hint}\n` : ''}`,
        )
      }
      if (event.type === 'step') progress?.step(event.message)
      if (event.type === 'progress') progress?.bytes(event.bytes, event.totalBytes)
    },
    result(result) {
      progress?.done()
      stdout.write(
        options.json
          ? `${JSON.stringify(result)}\n`
          : people(name, result, { verbose: options.verbose ?? false }),
      )
    },
    error(error) {
      progress?.pause()
      if (options.json) stdout.write(`${JSON.stringify({ error: errorBody(error) })}\n`)
      stderr.write(`${paint('red', `${error.code}:`, stderr)}${said(error)}\n`)
      if (error.hint) stderr.write(`  ${error.hint}\n`)
      if (options.verbose && typeof error.context?.stderr === 'string')
        stderr.write(`${error.context.stderr}\n`)
      if (error.code === 'internal')
        stderr.write(`${(error.cause instanceof Error ? error.cause : error).stack}\n`)
    },
  }
}

/** Several problems of a configuration stand in a line each. */
function said(error: RespaldoError): string {
  const problems = error.code === 'config-invalid' ? problemsIn(error) : []
  return problems.length > 1 ? ['', ...problems].join('\n  ') : ` ${error.message}`
}
