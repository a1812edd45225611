import type { DatabaseChoice } from './database.ts'

/** `*` stands for any characters and `?` for one, anything else for itself, in upper or lower case as it is written; the whole name has to fit. */
export function fits(name: string, pattern: string): boolean {
  const letters = [...name]
  // Where in the name a beginning of the pattern may end: no pattern takes longer than its length times the name's.
  let ends = [0]
  for (const sign of pattern)
    ends =
      sign === '*'
        ? letters.concat('').flatMap((_, at) => (at >= (ends[0] ?? Infinity) ? [at] : []))
        : ends.flatMap(at => (at < letters.length && ['?', letters[at]].includes(sign) ? [at + 1] : []))
  return ends.includes(letters.length)
}

/** The names that are meant, in their order, and the patterns of `include` that none fits. */
export function chooseDatabases(
  names: readonly string[],
  { include, exclude }: DatabaseChoice,
): { chosen: string[]; unfit: string[] } {
  const fitsOne = (name: string, patterns: readonly string[]) => patterns.some(pattern => fits(name, pattern))
  return {
    chosen: names.filter(name => (!include || fitsOne(name, include)) && !fitsOne(name, exclude ?? [])),
    unfit: (include ?? []).filter(pattern => !names.some(name => fits(name, pattern))),
  }
}
