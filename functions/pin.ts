import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { clearMark, setMark } from '#lib/repository/marks'
import { holdBackup } from '#lib/steps/session'
import { named } from './input.ts'

/** Pins a backup: neither retention nor `remove` takes it, or what it builds on, until it is unpinned. */
export const pin = createFunction({
  name: 'pin',
  method: 'POST',
  summary: 'Keep a backup for ever, or until it is unpinned',
  input: z.object({ ...named, off: z.boolean().optional().describe('unpin it') }),
  async run(input, context) {
    const { services } = context
    const repository = await services.repository({ create: false })
    await using held = await holdBackup(context, repository, input, 'pin')
    const place = { source: held.manifest.source.id, id: held.manifest.id }
    if (input.off) await clearMark(repository.store, 'pins', place)
    else await setMark(repository.store, 'pins', place, { since: services.clock.now(), host: services.host })
    return { ...place, pinned: !input.off }
  },
})
