import { nearestFirst } from '../nearest.ts'
import type { TocEntry } from './archive.ts'
import type { Part } from './database.ts'
import { chooseTables, framework, type Gap, isNamed, isTable } from './part-tables.ts'

export type { Gap } from './part-tables.ts'

/** Which entries of an archive make a part of it, and what there is to say of that. */
export interface ChosenPart {
  /** In the archive's order, with what says how the archive is to be read. */
  entries: readonly TocEntry[]
  /** Tables and schemas that the archive lacks, each with the nearest names that it has. */
  unknown: readonly { what: string; nearest: readonly string[] }[]
  /** What comes along because something that was chosen cannot be made without it. */
  along: readonly string[]
  /** What belongs to a chosen table but leads to one that is not chosen, and so stays away. */
  leftOut: readonly Gap[]
  /** What was chosen and cannot be made, because it needs a table or view that was not. */
  lacking: readonly Gap[]
}

const contents =
  'TABLE DATA, SEQUENCE SET, BLOB, BLOBS, BLOB METADATA, MATERIALIZED VIEW DATA, STATISTICS DATA'.split(', ')

/**
 * Chooses the entries of a part. Pure. Tables and schemas add up. A table comes with its data, partitions, constraints, indexes, triggers,
 * rules, policies, statistics, defaults, owned sequences, comments and privileges, and with the types, functions, sequences, schemas and
 * extensions that these need; never with another table or view: what needs one is left out or cannot be made.
 */
export function choosePart(entries: readonly TocEntry[], part: Part): ChosenPart {
  const { tables = [], schemas = [], schemaOnly, dataOnly } = part
  const isWhole = tables.length === 0 && schemas.length === 0
  const { ids, ...choice } = isWhole ? whole : chooseTables(entries, tables, schemas)
  const wanted = (entry: TocEntry) =>
    framework.has(entry.desc) ||
    ((ids?.has(entry.dumpId) ?? true) &&
      !(schemaOnly && isContent(entry)) &&
      !(dataOnly && !isContent(entry)))
  return { ...choice, entries: entries.filter(wanted), unknown: unknown(entries, tables, schemas) }
}

const whole = { ids: undefined, along: [], leftOut: [], lacking: [] }

/** Rows, large objects and positions of sequences, as opposed to definitions. */
export function isContent(entry: TocEntry): boolean {
  const isAbout = ['ACL', 'COMMENT', 'SECURITY LABEL'].includes(entry.desc)
  return entry.hasData || contents.includes(entry.desc) || (isAbout && entry.tag.startsWith('LARGE OBJECT'))
}

/** What is restored first, and what after it. */
export type Half = 'definitions' | 'content'

/**
 * An archive's two halves, the first of which can be restored before the second. What rows need not fulfil, CHECKs that are not validated,
 * is made after them, with what belongs to it.
 */
export function halvesOf(entries: readonly TocEntry[]): Record<Half, TocEntry[]> {
  const late = new Set<number>()
  for (const { desc, section, dumpId, dependencies } of entries)
    if ((desc === 'CHECK CONSTRAINT' && section === 'post-data') || dependencies.some(id => late.has(id)))
      late.add(dumpId)
  const isLate = (entry: TocEntry) => isContent(entry) || late.has(entry.dumpId)
  return {
    definitions: entries.filter(entry => !isLate(entry)),
    content: entries.filter(entry => framework.has(entry.desc) || isLate(entry)),
  }
}

function unknown(entries: readonly TocEntry[], tables: readonly string[], schemas: readonly string[]) {
  const found = entries.filter(isTable)
  const schemasThere = [...new Set(entries.flatMap(schemaOf))]
  const namesLike = (name: string) =>
    found.map(({ namespace, tag }) => (name.includes('.') ? `${namespace}.${tag}` : tag))
  const near = (name: string, names: readonly string[]) => nearestFirst(name, names).slice(0, 3)
  return [
    ...tables
      .filter(name => !found.some(entry => isNamed(entry, [name])))
      .map(name => ({ what: `table ${name}`, nearest: near(name, namesLike(name)) })),
    ...schemas
      .filter(name => !schemasThere.includes(name))
      .map(name => ({ what: `schema ${name}`, nearest: near(name, schemasThere) })),
  ]
}

const schemaOf = ({ desc, tag, namespace }: TocEntry): string | readonly string[] =>
  desc === 'SCHEMA' ? tag : (namespace ?? [])
