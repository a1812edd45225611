/** Something found that holds a source, and may have a label that names it. */
interface Labelled {
  reason: string
  /** One that names it and no other. */
  label: string | undefined
}

/** Two sources must never share a folder: a label that several carry names none of them. */
export function withoutSharedLabels<F extends Labelled>(found: readonly F[]): F[] {
  return found.map(one => {
    const isShared = found.some(
      other => other !== one && other.label !== undefined && other.label === one.label,
    )
    return isShared ? { ...one, label: undefined, reason: `${one.reason}, which others carry too` } : one
  })
}

/** The one whose default database has this id, else another database of one: `pc_db.shop`. */
export function bySourceId<F>(
  found: readonly F[],
  id: string,
  idOf: (one: F, database?: string) => string,
): { found: F; database?: string } | undefined {
  const byDefault = found.find(one => idOf(one) === id)
  if (byDefault) return { found: byDefault }
  const database = id.slice(id.lastIndexOf('.') + 1)
  const one = database === id ? undefined : found.find(one => idOf(one, database) === id)
  return one && { found: one, database }
}
