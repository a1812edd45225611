import { readFileSync } from 'node:fs'
import { run } from './cli.ts'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  })

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const { stdin, stdout, stderr, env } = process
// An exit, not only a code: a vendor's idle connection must not keep a finished command alive.
const code = await run(process.argv.slice(2), {
  version,
  variables: env,
  stdin,
  stdout,
  stderr,
  signal: stop.signal,
  onHangup: listener => void process.on('SIGHUP', listener),
})
for (const stream of [stdout, stderr]) await new Promise<void>(resolve => stream.write('', () => resolve()))
process.exit(code)
