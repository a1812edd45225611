import { z } from 'zod'
import { RespaldoError } from '#lib/errors'
import { createFunction } from '#lib/http/create-function'
import { setMark } from '#lib/repository/marks'
import { seriesOf } from '#lib/retention/backup'
import { fallsIn } from '#lib/retention/guards'
import { readRetentionFacts } from '#lib/steps/retention-facts'
import { holdBackup } from '#lib/steps/session'
import { named } from './input.ts'

/** Says that the rows or bytes which fell by half right after a backup were meant to: then retention may take it as any other. */
export const accept = createFunction({
  name: 'accept',
  method: 'POST',
  summary: 'Accept that rows or bytes fell by half after a backup',
  input: z.object(named),
  async run(input, context) {
    const { services } = context
    const repository = await services.repository({ create: false })
    await using held = await holdBackup(context, repository, input, 'accept')
    const place = { source: held.manifest.source.id, id: held.manifest.id }
    const { backups } = await readRetentionFacts(repository, place.source)
    const fall = seriesOf(backups)
      .flatMap(fallsIn)
      .find(({ before }) => before.id === place.id)
    if (!fall) throw nothingFell(place)
    await setMark(repository.store, 'accepted', place, { since: services.clock.now(), host: services.host })
    return { ...place, accepted: true, fall: fall.what }
  },
})

/** A mark that was set before its time would hide the next loss. */
const nothingFell = ({ source, id }: { source: string; id: string }): RespaldoError =>
  new RespaldoError(
    'input-invalid',
    `Nothing fell by half after ${source}/${id}, so there is nothing to accept`,
    {
      hint: '`respaldo apply-retention --dry-run` names what waits for that.',
    },
  )
