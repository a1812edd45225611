import { z } from 'zod'
import { createFunction } from '#lib/http/create-function'
import { type Project, plannedProject, recoveredProject } from '#lib/steps/recovered-project'
import { list } from './input.ts'

/** Brings a Compose project back: stops its services, restores what it keeps, and starts them again, whatever happens. */
export const recover = createFunction({
  name: 'recover',
  method: 'POST',
  summary: 'Stop a Compose project, restore its databases, and start it again',
  input: z.object({
    project: z.string().min(1).describe('name of the Compose project'),
    backups: list.optional().describe('these backups instead of the newest of their sources'),
    dryRun: z.boolean().optional().describe('show the plan and change nothing'),
    confirm: z.string().optional().describe("the project's name again"),
    wait: z.boolean().optional().describe('wait for a run that holds a source'),
  }),
  async run(input, context) {
    if (!input.dryRun) return recoveredProject(input, context)
    return { project: input.project, plan: shown(await plannedProject(input, context)) }
  },
})

function shown({ plan: { quiesce, databases, volumes, left } }: Project) {
  return {
    stops: quiesce.steps.filter(({ rest }) => rest !== undefined).map(({ client }) => client.workload.name),
    goesOn: quiesce.left,
    restores: [...databases, ...volumes].map(({ source, id, finished }) => ({
      source: source.id,
      backup: id,
      finished,
    })),
    left,
  }
}
