import { RespaldoError } from '#lib/errors'
import { type Ledger, openLedger } from '#lib/runs/ledger'
import type { Services } from '#lib/services'
import type { Store } from '#lib/store/store'

/** Where runs are kept: the repository's store, and this runner's ledger in it. */
export interface Books {
  store: Store
  ledger: Ledger
}

/** Opens the books when they are needed, once; with `create` also the repository. `repository-not-found` is no reason not to ask again. */
export function openBooks(
  services: Services,
  onProblem: (error: unknown) => void,
): (options: { create: boolean }) => Promise<Books> {
  const { clock, holder, isAlive } = services
  let opened: Books | undefined
  return async options => {
    if (opened) return opened
    const { store } = await services.repository(options)
    opened ??= { store, ledger: openLedger(store, clock, { holder, isAlive, onProblem }) }
    return opened
  }
}

/** Undefined while there is no repository: then there is no run either. */
export async function booksIfAny(open: ReturnType<typeof openBooks>): Promise<Books | undefined> {
  try {
    return await open({ create: false })
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'repository-not-found') return undefined
    throw error
  }
}
