/** Lets work of the same key go one after the other, in the order in which it was asked for. */
export type Turns = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

export function openTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve()
    const mine = before.catch(() => {}).then(work)
    last.set(key, mine)
    try {
      return await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}
