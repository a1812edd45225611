import { z } from 'zod'
import { nearest } from '../nearest.ts'

/** A place in the configuration: names of keys, and numbers of entries in lists. */
export type Path = readonly PropertyKey[]

/** What is wrong, and where. */
export interface Problem {
  path: Path
  message: string
}

/** The problems that a schema found, with the name that was probably meant for each that it does not know. */
export function problemsOf(error: z.ZodError, schema: z.ZodType): Problem[] {
  const shape = z.toJSONSchema(schema, { io: 'input' })
  return error.issues.flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
    const known = knownKeys(shape, issue.path)
    return issue.keys.map(key => ({
      path: [...issue.path, key],
      message: `is not known${meant(key, known)}`,
    }))
  })
}

/** `; did you mean retention?`, where a name is so near that a slip explains the difference; else nothing. */
export function meant(wrong: string, names: readonly string[]): string {
  const name = nearest(wrong, names)
  return name === undefined ? '' : `; did you mean ${name}?`
}

interface Shape {
  properties?: Record<string, Shape>
  additionalProperties?: Shape | boolean
  items?: Shape
  anyOf?: Shape[]
}

/** The names that an object at that path may have. */
function knownKeys(shape: unknown, path: Path): string[] {
  const found = path.reduce<Shape[]>(
    (shapes, key) => shapes.flatMap(one => below(one, key)),
    [shape as Shape],
  )
  return found.flatMap(alternatives).flatMap(({ properties = {} }) => Object.keys(properties))
}

function below(shape: Shape, key: PropertyKey): Shape[] {
  return alternatives(shape).flatMap(({ properties, additionalProperties, items }) => {
    const next = typeof key === 'number' ? items : (properties?.[String(key)] ?? additionalProperties)
    return typeof next === 'object' ? [next] : []
  })
}

const alternatives = (shape: Shape): Shape[] => shape.anyOf?.flatMap(alternatives) ?? [shape]
