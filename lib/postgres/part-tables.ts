import type { TocEntry } from './archive.ts'

/** Something and what it needs, both as people read them: `view public.sales`. */
export interface Gap {
  what: string
  needs: readonly string[]
}

const listed = (text: string): ReadonlySet<string> => new Set(text.split(', '))

const relations = listed('TABLE, FOREIGN TABLE, VIEW, MATERIALIZED VIEW')
/** How the archive is read, and the database that it was. */
export const framework = listed('ENCODING, STDSTRINGS, SEARCHPATH, DATABASE, DATABASE PROPERTIES')
/** Belongings of a table alone whose tag names that table first. */
const named = listed('FK CONSTRAINT, CONSTRAINT, CHECK CONSTRAINT, TRIGGER, RULE, POLICY, DEFAULT')
/** What belongs to what it depends on, and is nothing without it. */
const belongings = new Set([
  ...named,
  ...listed('TABLE DATA, MATERIALIZED VIEW DATA, STATISTICS DATA, SEQUENCE SET, SEQUENCE OWNED BY'),
  ...listed('INDEX, INDEX ATTACH, TABLE ATTACH, STATISTICS, ROW SECURITY, COMMENT, ACL, SECURITY LABEL'),
])

/** An entry for people: `foreign key public.orders orders_customer_fkey`. */
function described({ desc, namespace, tag }: TocEntry): string {
  const kind = desc === 'FK CONSTRAINT' ? 'foreign key' : desc.toLowerCase()
  return `${kind} ${namespace ? `${namespace}.` : ''}${tag}`
}

/** What `--table` can name. */
export const isTable = ({ desc }: TocEntry): boolean => relations.has(desc) || desc === 'SEQUENCE'

/** Names are compared as they are, without quotes and patterns: `table` in any schema, or `schema.table`. */
export function isNamed({ namespace, tag }: TocEntry, names: readonly string[]): boolean {
  return names.includes(tag) || names.includes(`${namespace}.${tag}`)
}

/** A choice that grows. */
interface Choosing {
  entries: readonly TocEntry[]
  /** Of what is chosen so far. */
  ids: Set<number>
  along: TocEntry[]
  needsOf(entry: TocEntry): TocEntry[]
}

/** The ids of tables, views and sequences by these names and of everything in these schemas, with what goes with them. Pure. */
export function chooseTables(
  entries: readonly TocEntry[],
  tables: readonly string[],
  schemas: readonly string[],
) {
  const byId = new Map(entries.map(entry => [entry.dumpId, entry]))
  const needsOf = (entry: TocEntry) => entry.dependencies.flatMap(id => byId.get(id) ?? [])
  const attached = new Map(
    entries.filter(({ desc }) => desc === 'TABLE ATTACH').map(attach => partitionOf(attach, needsOf)),
  )
  const choosing: Choosing = {
    entries,
    ids: new Set(entries.filter(({ desc }) => framework.has(desc)).map(({ dumpId }) => dumpId)),
    along: [],
    needsOf: entry => needsOf(entry).filter(need => need !== attached.get(entry)),
  }
  const isRoot = (entry: TocEntry) =>
    (isTable(entry) && isNamed(entry, tables)) ||
    (entry.desc === 'SCHEMA' && schemas.includes(entry.tag)) ||
    (isOfSchema(entry) && schemas.includes(entry.namespace ?? ''))
  const lacking = chooseRoots(choosing, entries.filter(isRoot))
  const leftOut = chooseBelongings(choosing)
  return { ids: choosing.ids, along: choosing.along.map(described), leftOut, lacking }
}

/** A partition and its parent, without which it can be made: it is attached to it only afterwards. */
function partitionOf(
  attach: TocEntry,
  needsOf: Choosing['needsOf'],
): [TocEntry | undefined, TocEntry | undefined] {
  const tables = needsOf(attach).filter(({ desc }) => relations.has(desc))
  const partition = tables.find(table => isOwner(table, attach))
  return [partition, tables.find(table => table !== partition)]
}

/** A publication's membership is the publication's. */
function isOfSchema({ desc }: TocEntry): boolean {
  return !belongings.has(desc) && !desc.startsWith('PUBLICATION')
}

/** Returns those that cannot be made. */
function chooseRoots(choosing: Choosing, roots: readonly TocEntry[]): Gap[] {
  for (const { dumpId } of roots) choosing.ids.add(dumpId)
  const lacking: Gap[] = []
  for (const entry of [...roots, ...choosePartitions(choosing)]) {
    const { tables, others } = missingFor(entry, choosing)
    bring(choosing, others)
    if (tables.length > 0) lacking.push({ what: described(entry), needs: namesOf(tables) })
  }
  return lacking
}

function bring({ ids, along }: Choosing, some: readonly TocEntry[]): void {
  for (const { dumpId } of some) ids.add(dumpId)
  along.push(...some)
}

/** A partitioned table is its partitions: those of chosen tables are chosen too. Returns them. */
function choosePartitions({ entries, ids, needsOf }: Choosing): TocEntry[] {
  const added: TocEntry[] = []
  const attached = entries.filter(({ desc }) => desc === 'TABLE ATTACH')
  for (let before = -1; before < added.length; ) {
    before = added.length
    for (const attach of attached) {
      const [partition, parent] = partitionOf(attach, needsOf)
      if (!partition || !parent || !ids.has(parent.dumpId) || ids.has(partition.dumpId)) continue
      ids.add(partition.dumpId)
      added.push(partition)
    }
  }
  return added
}

/** Belongings of belongings too, so it goes on until nothing more comes. Returns what has to stay away. */
function chooseBelongings(choosing: Choosing): Gap[] {
  const { entries, ids, needsOf } = choosing
  const waiting = new Set(entries.filter(entry => canBelong(entry) && !ids.has(entry.dumpId)))
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size
    for (const entry of waiting) {
      if (!needsOf(entry).some(owner => ids.has(owner.dumpId) && mayOwn(owner, entry))) continue
      const { tables, others } = missingFor(entry, choosing)
      if (tables.length > 0) continue
      bring(choosing, others)
      ids.add(entry.dumpId)
      waiting.delete(entry)
    }
  }
  return [...waiting]
    .filter(entry => needsOf(entry).some(table => ids.has(table.dumpId) && isOwner(table, entry)))
    .map(entry => ({ what: described(entry), needs: namesOf(missingFor(entry, choosing).tables) }))
}

/** Where tables are missing, what belongs to them need not be told. */
function namesOf(missing: readonly TocEntry[]): string[] {
  const tables = missing.filter(({ desc }) => relations.has(desc))
  return (tables.length > 0 ? tables : missing).map(described)
}

const canBelong = ({ desc }: TocEntry): boolean => belongings.has(desc) || desc === 'SEQUENCE'

/** A sequence is also in a schema, which does not make it that schema's belonging. */
const mayOwn = (owner: TocEntry, { desc }: TocEntry): boolean =>
  desc !== 'SEQUENCE' || relations.has(owner.desc)

/** Everything that an entry needs, directly or not, and that is not chosen: tables apart from what may come along. */
function missingFor(entry: TocEntry, { ids, needsOf }: Choosing): { tables: TocEntry[]; others: TocEntry[] } {
  const tables = new Set<TocEntry>()
  const others = new Set<TocEntry>()
  const isBelonging = belongings.has(entry.desc)
  const visit = (one: TocEntry) => {
    for (const need of needsOf(one)) {
      if (ids.has(need.dumpId) || others.has(need)) continue
      if (relations.has(need.desc) || (belongings.has(need.desc) && isBelonging)) tables.add(need)
      else if (!belongings.has(need.desc)) {
        others.add(need)
        visit(need)
      }
    }
  }
  visit(entry)
  return { tables: [...tables], others: [...others] }
}

/** Whether a belonging is this table's own, and does not merely lead to it. */
function isOwner(table: TocEntry, { desc, namespace, tag }: TocEntry): boolean {
  if (!relations.has(table.desc)) return false
  if (desc === 'INDEX' || desc === 'STATISTICS') return true
  if (table.namespace !== namespace) return false
  return desc === 'TABLE ATTACH' ? table.tag === tag : named.has(desc) && tag.startsWith(`${table.tag} `)
}
