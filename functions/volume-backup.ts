import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { createdVolumes } from '#lib/steps/created-volumes'
import { askedRest } from '#lib/steps/quiesced'
import { level, list, wanted } from './input.ts'

const input = z.object({
  volumes: list.optional().describe('names or ids of volumes, each a source of its own'),
  container: z.string().min(1).optional().describe('every volume of this container'),
  project: z.string().min(1).optional().describe('every volume of this Compose project'),
  environment: wanted.environment,
  exclude: list.optional().describe('leave out what fits these patterns (* within a name, ** any folders)'),
  name: z.string().min(1).optional().describe('a name to find the backups by'),
  description: z.string().optional().describe('a note kept with the backups'),
  backupType: z.enum(['auto', 'full', 'incremental']).optional().describe('auto leaves it to the strategy'),
  forceFull: z.boolean().optional().describe('the same as backupType full'),
  verify: level
    .optional()
    .describe('verify each in the same run: a failure fails the run, and is kept with the backup'),
  stop: z.boolean().optional().describe('stop the containers that use a volume while it is read'),
  pause: z.boolean().optional().describe('pause them instead'),
  wait: z.boolean().optional().describe('wait for a run that holds a volume'),
})

/** Backs up volumes, each full or incremental; a backup exists once its tar was seen to be whole. */
export const volumeBackup = createFunction({
  name: 'volume-backup',
  method: 'POST',
  summary: 'Back up volumes, named or all of a container or project',
  input,
  local: ['environment'],
  begins: true,
  async run({ volumes: names, container, project, ...input }, context) {
    const { environment: name, volumes, reason } = await context.services.volumes(input)
    const sources = await volumes.find({ volumes: names, container, project }, context.signal)
    const { backupType = 'auto', forceFull, exclude, ...rest } = input
    const asked = forceFull ? ('full' as const) : backupType
    const request = { ...rest, asked, scope: exclude ? { exclude } : {}, rest: askedRest(input) }
    const repository = await context.services.repository({ create: true })
    return {
      volumes: await createdVolumes(request, sources, context, { volumes, repository }),
      environment: { name, reason },
    }
  },
})
