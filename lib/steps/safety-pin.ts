import { RespaldoError } from '../errors.ts'
import type { Context } from '../http/create-function.ts'
import { clearMark, setMark } from '../repository/marks.ts'
import type { Repository } from '../repository/repository.ts'

/**
 * A safety backup (`<source>/<id>`) is pinned for as long as it may be all that is left: also after this process died, or when the work fails
 * with an error whose context has `safety`, because nothing could be made anew from it.
 */
export async function whilePinned<Result>(
  reference: string,
  { services }: Context,
  repository: Repository,
  work: () => Promise<Result>,
): Promise<Result> {
  const { store } = repository
  await setMark(store, 'pins', placeOf(reference), { since: services.clock.now(), host: services.host })
  try {
    const result = await work()
    await unpinSafety(reference, repository)
    return result
  } catch (error) {
    if (!(error instanceof RespaldoError && error.context?.safety !== undefined))
      await unpinSafety(reference, repository)
    throw error
  }
}

/** Nothing needs the safety backup any more. Never throws: one pin too many does no harm. */
export async function unpinSafety(reference: string, { store }: Repository): Promise<void> {
  await clearMark(store, 'pins', placeOf(reference)).catch(() => {})
}

function placeOf(reference: string): { source: string; id: string } {
  const [source = '', id = ''] = reference.split('/')
  return { source, id }
}
