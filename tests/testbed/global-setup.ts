import type { TestProject } from 'vitest/node'
import { type Engine, openEngine } from './engine.ts'
import { ensureImage } from './images.ts'
import { ensureNodeImage } from './node-image.ts'
import type { Testbed } from './provided.ts'
import { type ImageName, recipes } from './recipes.ts'
import { runId } from './run-id.ts'
import { removeAll, removeLeftovers } from './sweep.ts'

/** Opens the engine for a run of vitest and closes it afterwards. Without one the tests are skipped, which is said
 *  once, and which in CI is a failure. */
export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  // Before the first test file's process starts: it inherits the id.
  process.env.RESPALDO_TESTBED_RUN = runId()
  const engine = await openEngine().catch(excuse)
  provide('testbed', describe(engine))
  if (typeof engine === 'string') return undefined
  const leave = async () => {
    await removeAll(engine, runId())
    await engine.close()
  }
  try {
    await removeLeftovers(engine)
    await prepareImages(engine)
  } catch (error) {
    await leave()
    throw error
  }
  return leave
}

/** Here and not in the first test that needs one: the very first build takes longer than tests may. */
async function prepareImages(engine: Engine): Promise<void> {
  const notice = 'Preparing the images of the tests (a minute or two, the first time only) …\n'
  const timer = setTimeout(() => process.stderr.write(notice), 3_000)
  const names = Object.keys(recipes) as ImageName[]
  const images = [...names.map(name => ensureImage(engine, name)), ensureNodeImage(engine)]
  await Promise.all(images).finally(() => clearTimeout(timer))
}

function excuse(error: Error): string {
  if (process.env.CI) throw error
  process.stderr.write(`\n${error.message}\n\n`)
  return error.message
}

function describe(engine: Engine | string): Testbed {
  if (typeof engine === 'string') return { skipReason: engine }
  return { socketPath: engine.socketPath, kind: engine.kind }
}
