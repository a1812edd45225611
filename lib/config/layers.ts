import type { Path } from './problems.ts'

/** One file of the configuration as YAML said it. */
export interface Layer {
  file: string
  value: unknown
}

/** Lays later files over earlier ones: what both have as an object is merged, anything else of the later one stands in its place. */
export function mergeLayers(layers: readonly Layer[]): unknown {
  return layers.map(({ value }) => value).reduce(merged, {})
}

/** The file that what stands at that path comes from: the last that says anything there. */
export function fileOf(layers: readonly Layer[], path: Path): string {
  const depths = layers.map(({ value }) => depthIn(value, path))
  const deepest = depths.lastIndexOf(Math.max(...depths))
  return layers[deepest]?.file ?? ''
}

function merged(below: unknown, above: unknown): unknown {
  if (above === undefined || above === null) return below
  if (!isObject(below) || !isObject(above)) return above
  const names = new Set([...Object.keys(below), ...Object.keys(above)])
  return Object.fromEntries([...names].map(name => [name, merged(below[name], above[name])]))
}

/** How much of the path is there. */
function depthIn(value: unknown, path: Path): number {
  const [key, ...rest] = path
  if (key === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return 0
  return 1 + depthIn((value as Record<PropertyKey, unknown>)[key], rest)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
