import { hash } from 'node:crypto'
import { canonical } from './wording.ts'

/** What a definition is about, in words that dumps of two databases share. */
export interface Subject {
  /** The dump's word for its kind: `TABLE`, `ACL`, `SEQUENCE SET`. */
  desc: string
  tag: string
  namespace: string | undefined
}

/** Definitions by their subject; the few subjects that have several keep all of them. */
export interface Definitions {
  add(subject: Subject, text: string): void
  /** Hashes of the definitions, sorted, as one text. */
  all(): ReadonlyMap<string, string>
}

/** Begins empty. Holds a name and a hash for each definition, not its SQL. */
export function openDefinitions(): Definitions {
  const found = new Map<string, string[]>()
  return {
    add(subject, text) {
      if (isLeftOut(subject)) return
      const name = nameOf(subject)
      const hashes = found.get(name) ?? []
      found.set(name, hashes)
      hashes.push(hash('sha256', canonical(subject.desc, text)).slice(0, 16))
    },
    all: () => new Map([...found].map(([name, hashes]) => [name, hashes.sort().join(' ')])),
  }
}

const nameOf = ({ desc, tag, namespace }: Subject): string =>
  `${desc} ${tag}${namespace === undefined ? '' : ` in ${namespace}`}`

const data = new Set(['TABLE DATA', 'BLOBS', 'STATISTICS DATA'])

/** Data are compared as such; what is about the database itself stays with its name. */
function isLeftOut({ desc, tag }: Subject): boolean {
  if (data.has(desc) || desc === 'DATABASE' || desc === 'DATABASE PROPERTIES') return true
  return ['ACL', 'COMMENT', 'SECURITY LABEL'].includes(desc) && tag.startsWith('DATABASE ')
}

/** Whether a definition belongs to a subscription, which a restore may leave out. */
export const isSubscription = (name: string): boolean =>
  /^(?:(?:COMMENT|SECURITY LABEL) )?SUBSCRIPTION /.test(name)
