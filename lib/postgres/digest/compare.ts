import { major } from '../inspect.ts'
import { isSubscription } from './definitions.ts'
import type { DumpDigest, TableDigest } from './digest.ts'

/** One thing that is not as the backup has it. */
export interface Difference {
  /** `public.orders`, `FUNCTION f(integer) in public`, `large object 16400`. */
  object: string
  /** Goes on behind it: `41 rows instead of 42`. */
  what: string
}

/** How strictly two digests can be compared. */
export interface CompareOptions {
  /** Whether subscriptions were restored; else they are no difference. */
  subscriptions: boolean
}

/** Everything in which a restored database's dump differs from the backup, tables first. Empty means that it came back. */
export function compareDigests(
  backup: DumpDigest,
  restored: DumpDigest,
  { subscriptions }: CompareOptions,
): Difference[] {
  const exact = sameMajors(backup, restored)
  return [
    ...differences(backup.tables, restored.tables, tableDifference),
    ...differences(backup.definitions, restored.definitions, (one, other, name) =>
      definitionDifference(one, other, name, exact),
    ).filter(({ object }) => subscriptions || !isSubscription(object)),
    ...differences(backup.largeObjects, restored.largeObjects, (one, other) =>
      one === other ? undefined : 'has other content',
    ).map(({ object, what }) => ({ object: `large object ${object}`, what })),
  ]
}

/** Another major version may word the same definition in another way: then only their names are compared. */
export function sameMajors(backup: DumpDigest, restored: DumpDigest): boolean {
  const versions = ({ serverVersion, dumpVersion }: DumpDigest) =>
    [serverVersion, dumpVersion].map(version => major(version ?? ''))
  return versions(backup).join() === versions(restored).join()
}

type Compare<Value> = (one: Value, other: Value, name: string) => string | undefined

function differences<Key extends string | number, Value>(
  backup: ReadonlyMap<Key, Value>,
  restored: ReadonlyMap<Key, Value>,
  compare: Compare<Value>,
): Difference[] {
  const found: Difference[] = []
  const add = (key: Key, what: string | undefined) => what && found.push({ object: `${key}`, what })
  for (const [key, value] of backup) {
    const other = restored.get(key)
    add(key, other === undefined ? 'did not come back' : compare(value, other, `${key}`))
  }
  for (const key of restored.keys()) if (!backup.has(key)) add(key, 'is not in the backup')
  return found
}

function tableDifference(backup: TableDigest, restored: TableDigest): string | undefined {
  if (backup.rows !== restored.rows) return `${restored.rows} rows instead of ${backup.rows}`
  return backup.sum === restored.sum ? undefined : `its ${backup.rows} rows are not the same ones`
}

function definitionDifference(
  backup: string,
  restored: string,
  name: string,
  exact: boolean,
): string | undefined {
  if (backup === restored) return undefined
  if (name.startsWith('SEQUENCE SET ')) return 'the sequence stands at another position'
  if (!exact && backup.length === restored.length) return undefined
  return 'is defined in another way'
}
