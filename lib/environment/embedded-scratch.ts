import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../postgres/database.ts'
import { embeddedDatabase } from './embedded-database.ts'
import type { Statements } from './embedded-statements.ts'
import type { Maker, Scratch, ScratchWishes } from './environment.ts'

const prefix = 'respaldo-scratch-'
const makerFile = 'maker.json'

/** A second PGlite database in a folder of its own among the system's temporary ones. Folders of dead processes are removed first. */
export async function embeddedScratch(
  { place, maker, isAlive }: ScratchWishes,
  statements: Statements,
): Promise<Scratch<Database>> {
  await removeLeftovers(isAlive)
  const folder = await mkdtemp(join(tmpdir(), prefix))
  await writeFile(join(folder, makerFile), JSON.stringify(maker))
  return {
    database: embeddedDatabase(join(folder, place.database), statements),
    name: place.database,
    isolated: true,
    description: 'a second PGlite database',
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function removeLeftovers(isAlive: ScratchWishes['isAlive']): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter(name => name.startsWith(prefix))) {
    const folder = join(tmpdir(), name)
    const maker = await readMaker(folder)
    if (maker && isAlive(maker) === false) await rm(folder, { recursive: true, force: true })
  }
}

/** Undefined for a folder that is somebody else's, or that goes at this moment. */
async function readMaker(folder: string): Promise<Maker | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, makerFile), 'utf8')) as Maker
  } catch {
    return undefined
  }
}
