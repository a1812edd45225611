import { drain } from '../bytes.ts'
import { systemClock } from '../clock.ts'
import { RespaldoError } from '../errors.ts'
import type { DockerEngine } from './docker-engine.ts'
import { execInContainer } from './docker-exec.ts'

/** TERM to it ends the line with all that it started, and it ends after them: nothing is left without its parent. */
const whole = `trap 'trap "" TERM; kill -TERM 0; wait; exit 143' TERM; sh -c "$1" & wait $!`

/** Runs a command line by the container's own shell; `timed-out` names it when it takes longer than it may. */
export async function runLine(
  engine: DockerEngine,
  { name, line, limitMilliseconds }: { name: string; line: string; limitMilliseconds: number },
  signal?: AbortSignal,
): Promise<void> {
  const limit = new AbortController()
  const over = new AbortController()
  void systemClock.sleep(limitMilliseconds, over.signal).then(
    () => limit.abort(tooLong(name, line, limitMilliseconds)),
    () => {},
  )
  const either = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal
  try {
    await drain(execInContainer(engine.place(name), { argv: ['sh', '-c', whole, 'sh', line] }, either).stdout)
  } finally {
    over.abort()
  }
}

const tooLong = (name: string, line: string, limitMilliseconds: number): RespaldoError =>
  new RespaldoError(
    'timed-out',
    `A command in the container ${name} took longer than ${limitMilliseconds / 1000} s`,
    {
      hint: 'It stands in the labels respaldo.exec-before and respaldo.exec-after.',
      context: { line },
    },
  )
