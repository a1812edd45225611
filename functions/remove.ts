import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { createFunction } from '#lib/http/create-function'
import { localWanted, wanted } from './input.ts'

/** Removes an old database that a restore kept; its name has to be given twice. */
export const remove = createFunction({
  name: 'remove',
  method: 'POST',
  summary: 'Remove an old database that a restore kept',
  input: z.object({
    ...wanted,
    kept: z.string().min(1).describe('name of the kept database'),
    confirm: z.string().optional().describe('the same name again'),
  }),
  local: localWanted,
  async run(input, { services, signal }) {
    const { database, source } = await services.locate(input, signal)
    if (input.confirm !== input.kept)
      throw new RespaldoError('not-confirmed', `Removing ${input.kept} cannot be undone`, {
        hint: `Confirm with its name: ${input.kept}.`,
        context: { confirm: input.kept },
      })
    await database.restores.removeKept(input.kept, signal)
    return { removed: input.kept, source: source.id }
  },
})
