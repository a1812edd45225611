import { RespaldoError } from '../errors.ts'

/** Who fails while a backup is loaded on trial says that it does not come back: that is what was asked, and so `data-corrupt`. */
export async function cameBack<T>(reference: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof RespaldoError) || error.code !== 'command-failed') throw error
    const { message, hint, context } = error
    throw new RespaldoError('data-corrupt', `${reference} could not be restored: ${message}`, {
      hint,
      cause: error,
      context,
    })
  }
}
