import type { Clock } from '../clock.ts'
import type { Report } from '../events.ts'

/** How long the steps of a run take. */
export interface Phases {
  /** Tells the events on; each step begins where the one before it ends. */
  report: Report
  /** Seconds of each step so far, by its name, in order. A step that comes twice is added up. */
  seconds(): Record<string, number>
}

/** Times steps as they are reported, by the clock's own monotonic time. */
export function timedPhases(report: Report, clock: Pick<Clock, 'monotonic'>): Phases {
  const milliseconds = new Map<string, number>()
  let current: { step: string; begun: number } | undefined
  const end = () => {
    const now = clock.monotonic()
    if (current) milliseconds.set(current.step, (milliseconds.get(current.step) ?? 0) + now - current.begun)
    return now
  }
  return {
    report(event) {
      if (event.type === 'step') current = { step: event.step, begun: end() }
      report(event)
    },
    seconds() {
      if (current) current = { ...current, begun: end() }
      return Object.fromEntries([...milliseconds].map(([step, time]) => [step, Math.round(time) / 1000]))
    },
  }
}
