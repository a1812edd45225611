import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { type Context, createFunction } from '#lib/http/create-function'
import { removeBackup } from '#lib/steps/removal'
import { localWanted, named, wanted } from './input.ts'

const input = z.object({
  ...wanted,
  backup: named.backup.optional(),
  chain: z.boolean().optional().describe('with the backup also those that build on it'),
  kept: z.string().min(1).optional().describe('name of a kept database'),
  confirm: z.string().optional().describe("the backup's id or the database's name again"),
  wait: named.wait,
})

/** Removes one backup, which stays in the trash for a day, or an old database that a restore kept; its name has to be given twice. */
export const remove = createFunction({
  name: 'remove',
  method: 'POST',
  summary: 'Remove a backup, or an old database that a restore kept',
  input,
  local: localWanted,
  async run({ backup, kept, ...rest }, context) {
    if (kept !== undefined && backup === undefined) return removeKept({ kept, ...rest }, context)
    if (backup !== undefined && kept === undefined) return removeBackup({ backup, ...rest }, context)
    throw new RespaldoError('input-invalid', 'One thing has to be named: a backup, or a kept database', {
      hint: '`respaldo list` shows backups, `respaldo status` shows kept databases.',
    })
  },
})

async function removeKept(
  { kept, confirm, ...wanted }: z.infer<typeof input> & { kept: string },
  { services, signal }: Context,
): Promise<unknown> {
  const { database, source } = await services.locate(wanted, signal)
  if (confirm !== kept)
    throw new RespaldoError('not-confirmed', `Removing ${kept} cannot be undone`, {
      hint: `Confirm with its name: ${kept}.`,
      context: { confirm: kept },
    })
  await database.restores.removeKept(kept, signal)
  return { removed: kept, source: source.id }
}
