import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { setMark } from '#lib/repository/marks'
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
    await setMark(repository.store, 'accepted', place, { since: services.clock.now(), host: services.host })
    return { ...place, accepted: true }
  },
})
