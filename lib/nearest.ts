/** The names in order of how few letters have to change to make them the wanted one; equally near ones stay in their order. */
export function nearestFirst(wanted: string, names: readonly string[]): string[] {
  const near = (name: string) => (name.includes(wanted) || wanted.includes(name) ? 0 : distance(wanted, name))
  return names.toSorted((a, b) => near(a) - near(b))
}

/** The nearest name that differs by a slip: one letter in three at most. */
export function nearest(wanted: string, names: readonly string[]): string | undefined {
  const [first] = names.toSorted((a, b) => distance(a, wanted) - distance(b, wanted))
  return first !== undefined && distance(first, wanted) <= Math.ceil(wanted.length / 3) ? first : undefined
}

/** Levenshtein's, ignoring case. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a.toLowerCase()].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b.toLowerCase()].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
