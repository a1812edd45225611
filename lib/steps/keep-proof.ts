import { RespaldoError } from '../errors.ts'
import { type Report, warn } from '../events.ts'
import { type Proof, writeProof } from '../repository/proofs.ts'
import type { Store } from '../store/store.ts'

/** The key of the proof, kept beside its backup; undefined, and a warning, where none can be: a repository may be there to be read only. */
export async function keepProof(store: Store, proof: Proof, report: Report): Promise<string | undefined> {
  const because = (message: string, hint?: string) => {
    const told = `No proof was kept of ${proof.source}/${proof.backup}: ${message}`
    warn(report, { message: told, hint })
    return undefined
  }
  if (!isVerdict(proof)) return because('it is of a newer version, and nothing is known of it')
  try {
    return await writeProof(store, proof)
  } catch (error) {
    if (!(error instanceof RespaldoError) || !unwritable.includes(error.code)) throw error
    return because(error.message, error.hint)
  }
}

/** Codes of a repository in which nothing can be kept. */
export const unwritable: readonly string[] = ['store-denied', 'store-unavailable', 'space-insufficient']

/** What an older version cannot read is no failure of the backup. */
const isVerdict = ({ verdict, problems }: Proof): boolean =>
  verdict === 'passed' || problems.some(({ code }) => code === 'data-corrupt')
