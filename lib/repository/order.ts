/** Sorts backups by the time they started, newest first; of two that started at once the one with the greater id is the newer. */
export function newestFirst(a: Started, b: Started): number {
  if (a.started !== b.started) return a.started < b.started ? 1 : -1
  if (a.id !== b.id) return a.id < b.id ? 1 : -1
  return 0
}

/** `started` in ISO 8601 UTC. */
interface Started {
  id: string
  started: string
}
