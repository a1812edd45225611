import type Docker from 'dockerode'
import { commitImage } from './commit.ts'
import { canUnpack } from './debian.ts'
import type { Engine } from './engine.ts'
import { withLock } from './lock.ts'
import { baseMark, type ImageName, type Recipe, recipeMark, recipes } from './recipes.ts'
import { importImage, pullImage, unlessMissing } from './registry.ts'
import { rootfs } from './rootfs.ts'

export type { ImageName } from './recipes.ts'

const repository = 'respaldo-testbed'
const markLabel = 'respaldo.testbed.recipe'

/** Makes sure that the engine has this image and returns its tag: pulled where a reachable engine's registry answers,
 *  else built of Debian packages. Whoever comes second waits for the first. */
export async function ensureImage(engine: Engine, name: ImageName): Promise<string> {
  const recipe = recipes[name]
  const tag = `${repository}/${name}`
  if (await isCurrent(engine.docker, tag, recipe)) return tag
  // One lock a release: both images of it begin with the same base.
  return withLock(`${engine.socketPath} ${recipe.suite}`, async () => {
    if (!(await isCurrent(engine.docker, tag, recipe))) await make(engine, recipe, tag)
    return tag
  })
}

async function isCurrent(docker: Docker, tag: string, recipe: Recipe): Promise<boolean> {
  const image = await unlessMissing(docker.getImage(tag).inspect())
  return image?.Config.Labels?.[markLabel] === recipeMark(recipe)
}

/** What is left of an official image keeps its own entrypoint, which needs bash. */
async function make(engine: Engine, recipe: Recipe, tag: string): Promise<void> {
  const base = `${repository}/base:${baseMark(recipe)}`
  const official = await ensureBase(engine, recipe, base)
  const keepEntrypoint = official && !recipe.without.includes('bash')
  const label = `${markLabel}=${recipeMark(recipe)}`
  await commitImage(engine.docker, { base, tag, recipe, label, keepEntrypoint })
}

/** Says whether the base is the official image (which sets PG_VERSION) or one of Debian packages. */
async function ensureBase(engine: Engine, recipe: Recipe, base: string): Promise<boolean> {
  const image = await unlessMissing(engine.docker.getImage(base).inspect())
  if (image) return (image.Config.Env ?? []).some(entry => entry.startsWith('PG_VERSION='))
  if (engine.kind === 'reachable' && (await pullImage(engine.docker, recipe.official))) {
    await tagImage(engine.docker, recipe.official, base)
    return true
  }
  if (!(await canUnpack()))
    throw new Error(`No registry answers for ${recipe.official}, and only root on Debian can build it.`)
  await importImage(engine.docker, await rootfs(recipe), base)
  return false
}

async function tagImage(docker: Docker, from: string, to: string): Promise<void> {
  const [repo, tag] = to.split(':')
  await docker.getImage(from).tag({ repo: `${repo}`, tag: `${tag}` })
}
