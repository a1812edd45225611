import { readFileSync } from 'node:fs'

/** Watches how much a process and its descendants have resident, until stopped. */
export interface PeakWatch {
  /** The highest mark that any single one of them reached, as of the last look at it. */
  bytes(): number
  stop(): void
}

/** Looks every 20 ms; the kernel keeps the high-water mark, so only what grows in a process's last 20 ms is missed. */
export function watchPeak(pid: number | undefined): PeakWatch {
  let peak = 0
  const look = () => {
    for (const one of pid === undefined ? [] : withDescendants(pid)) peak = Math.max(peak, highWaterMark(one))
  }
  look()
  const timer = setInterval(look, 20)
  return { bytes: () => peak, stop: () => clearInterval(timer) }
}

function withDescendants(pid: number): number[] {
  return [pid, ...children(pid).flatMap(withDescendants)]
}

/** Those that any of its threads started. */
function children(pid: number): number[] {
  const status = read(`/proc/${pid}/task/${pid}/children`)
  return status.split(' ').filter(Boolean).map(Number)
}

function highWaterMark(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/** A process that ended meanwhile has nothing to read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
