import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { bringBack, findForgotten, readTrash } from '#lib/repository/trash'
import { holdBackups } from '#lib/steps/session'
import { named } from './input.ts'

/** Brings a backup back that was forgotten and is still in the trash, with what it builds on. */
export const undo = createFunction({
  name: 'undo',
  method: 'POST',
  summary: 'Bring a forgotten backup back out of the trash',
  input: z.object(named),
  async run({ backup, source, wait }, context) {
    const repository = await context.services.repository({ create: false })
    const { store } = repository
    const found = findForgotten(await readTrash(store, source), backup).manifest
    await using held = await holdBackups(context, repository, found.source.id, { operation: 'undo', wait })
    await held.assertHeld()
    const back = await bringBack(store, { source: found.source.id, id: found.id })
    return { source: found.source.id, broughtBack: back.map(({ id }) => id) }
  },
})
