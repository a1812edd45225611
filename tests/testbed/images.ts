import type Docker from 'dockerode'
import { commitImage } from './commit.ts'
import { canUnpack } from './debian.ts'
import type { Engine } from './engine.ts'
import { withLock } from './lock.ts'
import { baseMark, type ImageName, type Recipe, type Root, recipeMark, recipes, rootOf } from './recipes.ts'
import { importImage, pullImage, unlessMissing } from './registry.ts'
import { rootfs } from './rootfs.ts'

export type { ImageName } from './recipes.ts'

const repository = 'respaldo-testbed'
/** What an image was made of: a hash. */
export const markLabel = 'respaldo.testbed.recipe'

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
  const base = baseTag(rootOf(recipe))
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
  await importDebian(engine.docker, rootOf(recipe), recipe.official)
  return false
}

/** Makes the image that is nothing but a Debian, in the place of an official one that no registry had. */
export async function importDebian(docker: Docker, root: Root, official: string): Promise<void> {
  if (!(await canUnpack()))
    throw new Error(`No registry answers for ${official}, and only root on Debian can build it.`)
  await importImage(docker, await rootfs(root), baseTag(root))
}

/** What that image is called. */
export function baseTag(root: Root): string {
  return `${repository}/base:${baseMark(root)}`
}

async function tagImage(docker: Docker, from: string, to: string): Promise<void> {
  const [repo, tag] = to.split(':')
  await docker.getImage(from).tag({ repo: `${repo}`, tag: `${tag}` })
}
