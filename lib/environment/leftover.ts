import type { Maker } from './environment.ts'

/** After this long also something goes of whose maker nothing can be known: that ran on another host, or in another container. */
const unknownSeconds = 3 * 24 * 3600

/** Says whether something that a process made for itself was left behind, by how old it is and whether that process lives. */
export function isLeftover(
  { maker, ageSeconds }: { maker: Maker; ageSeconds: number },
  isAlive: (maker: Maker) => boolean | undefined,
): boolean {
  const alive = isAlive(maker)
  return alive === false || (alive === undefined && ageSeconds > unknownSeconds)
}
