import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, processKey } from './process-id.ts'

/** Lends a new folder beside the place where its content will be renamed to; those that killed runs left are removed. */
export async function withWorkFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true })
  await sweep(parent)
  const folder = await mkdtemp(join(parent, `.new-${processKey()}-`))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = /^\.new-(\d+-\d+)-/.exec(name)?.[1]
    if (owner && !isAlive(owner)) await rm(join(parent, name), { recursive: true, force: true })
  }
}
