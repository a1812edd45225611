/** How many runs of one runner may go at once. */
export interface TurnLimits {
  runs: number
  /** Of those, in one environment. */
  perEnvironment: number
}

/** Where a run works, as soon as it found that out. */
export interface RunPlace {
  environment: string
  source: string
}

/** A run that goes or waits; runs are in the order in which they came. */
export interface Waiting {
  going: boolean
  /** Undefined before it looked for its source, and for functions that concern none. */
  place: RunPlace | undefined
}

/**
 * The run that may go next, or undefined. The oldest comes first, but one whose environment is full or whose source is busy lets younger ones
 * pass, so that a long backup of one source holds up no other.
 */
export function nextToGo<Entry extends Waiting>(
  entries: readonly Entry[],
  limits: TurnLimits,
): Entry | undefined {
  const going = entries.filter(entry => entry.going)
  if (going.length >= limits.runs) return undefined
  const places = going.flatMap(({ place }) => (place ? [place] : []))
  return entries.find(({ going, place }) => !going && (!place || isFree(place, places, limits)))
}

function isFree(wanted: RunPlace, taken: readonly RunPlace[], { perEnvironment }: TurnLimits): boolean {
  const beside = taken.filter(({ environment }) => environment === wanted.environment)
  return beside.length < perEnvironment && !taken.some(({ source }) => source === wanted.source)
}
