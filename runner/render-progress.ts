import { humanBytes } from '#lib/bytes'
import { systemClock } from '#lib/clock'

/** Steps and bytes as they happen: one moving line on a terminal, one line a step elsewhere. */
export interface Progress {
  step(message: string): void
  bytes(done: number, total: number | undefined): void
  /** Leaves the moving line, so that something else can be written. */
  pause(): void
  done(): void
}

export function openProgress(stream: NodeJS.WriteStream): Progress {
  let message = ''
  let began = systemClock.monotonic()
  let moving = false
  const clear = () => {
    if (moving) stream.write('\r\u001b[K')
    moving = false
  }
  const finish = () => {
    if (moving) stream.write('\n')
    moving = false
  }
  return {
    step(next) {
      finish()
      message = next
      began = systemClock.monotonic()
      stream.write(stream.isTTY ? `${message} …` : `${message}\n`)
      moving = stream.isTTY
    },
    bytes(done, total) {
      if (!stream.isTTY) return
      clear()
      stream.write(`${message} … ${amount(done, total)}, ${pace(done, systemClock.monotonic() - began)}`)
      moving = true
    },
    pause: finish,
    done: finish,
  }
}

const amount = (done: number, total: number | undefined): string =>
  total ? `${humanBytes(done)} of ${humanBytes(total)}` : humanBytes(done)

function pace(bytes: number, milliseconds: number): string {
  return `${humanBytes((bytes / Math.max(1, milliseconds)) * 1000)}/s, ${Math.round(milliseconds / 1000)} s`
}
