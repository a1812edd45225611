import { cancelled } from '#lib/errors'
import { nextToGo, type RunPlace, type TurnLimits, type Waiting } from '#lib/runs/turns'

/** A run's place in the order. */
export interface Turn {
  /** Resolves when it may go; rejects with the signal's reason when that is aborted first. */
  begun: Promise<void>
  /** Says where it works, which may make it wait once more; the oldest that can go goes first. */
  at(place: RunPlace): Promise<void>
  leave(): void
}

/** Where runs wait until they may go. */
export interface WaitingRoom {
  /** False when a run that came now would find no place to wait. */
  hasRoom(): boolean
  enter(signal: AbortSignal): Turn
  facts(): { running: number; queued: number }
  /** Resolves as soon as everybody has left. */
  emptied(): Promise<void>
}

interface Entry extends Waiting {
  go(): void
}

/** Lets so many runs go at once and so many wait; see `nextToGo` for the order. */
export function openWaitingRoom(limits: TurnLimits & { queue: number }): WaitingRoom {
  const entries: Entry[] = []
  const awaited = new Set<() => void>()

  function admit(): void {
    for (let next = nextToGo(entries, limits); next; next = nextToGo(entries, limits)) {
      next.going = true
      next.go()
    }
  }

  function facts() {
    const running = entries.filter(({ going }) => going).length
    return { running, queued: entries.length - running }
  }

  function enter(signal: AbortSignal): Turn {
    const entry: Entry = { going: false, place: undefined, go: () => {} }
    const turn = (place: RunPlace | undefined): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      Object.assign(entry, { going: false, place, go: resolve })
      const abort = () => reject(cancelled(signal.reason))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
      admit()
      return promise.finally(() => signal.removeEventListener('abort', abort))
    }
    entries.push(entry)
    return {
      begun: turn(undefined),
      at: turn,
      leave() {
        entries.splice(entries.indexOf(entry), 1)
        admit()
        if (entries.length === 0) for (const resolve of awaited) resolve()
      },
    }
  }

  return {
    hasRoom() {
      const { running, queued } = facts()
      return running < limits.runs || queued < limits.queue
    },
    enter,
    facts,
    emptied: () =>
      new Promise(resolve => {
        if (entries.length === 0) resolve()
        else awaited.add(resolve)
      }),
  }
}
