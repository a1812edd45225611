import type Docker from 'dockerode'
import { entrypoint, imageChanges, type Recipe } from './recipes.ts'
import { runId, runLabel } from './run-id.ts'

interface Commit {
  base: string
  tag: string
  recipe: Recipe
  label: string
  keepEntrypoint: boolean
}

/** $0 is the entrypoint's text, or empty to keep the base's own. */
const script = [
  'file=/usr/local/bin/docker-entrypoint.sh',
  'if [ -n "$0" ]; then printf %s "$0" >$file; chmod 755 $file; fi',
  'mkdir -p /docker-entrypoint-initdb.d',
  'rm -f "$@"',
].join('\n')

/** Makes an image of a base: with the testbed's entrypoint, and without the commands that the recipe does not want. */
export async function commitImage(docker: Docker, commit: Commit): Promise<void> {
  const { base, tag, recipe, label, keepEntrypoint } = commit
  const container = await docker.createContainer({
    Image: base,
    Entrypoint: ['sh', '-ec', script],
    Cmd: [keepEntrypoint ? '' : entrypoint, ...recipe.without.map(command => `/usr/bin/${command}`)],
    StopSignal: 'SIGINT',
    Labels: { [runLabel]: runId() },
    HostConfig: { NetworkMode: 'none' },
  })
  try {
    await runToEnd(container)
    const [repo, name] = tag.split(':')
    // The label of the run would otherwise pass to the image and to every container of it.
    const changes = [...imageChanges(recipe), `LABEL ${label}`, `LABEL ${runLabel}=`]
    await container.commit({ repo, tag: name, changes })
  } finally {
    await container.remove({ force: true, v: true })
  }
}

async function runToEnd(container: Docker.Container): Promise<void> {
  await container.start()
  const { StatusCode } = await container.wait()
  if (StatusCode !== 0) throw new Error(`Preparing an image ended with ${StatusCode}.`)
}
