import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, processKey } from './process-id.ts'

/** Notes in `folder` that this process uses the engine; the answer takes the note back. */
export function addOwner(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const note = join(folder, `${processKey()}-${randomUUID()}`)
  writeFileSync(note, '')
  return () => rmSync(note, { force: true })
}

/** Counts the uses of the engine by processes that still run; notes of dead ones are dropped. */
export function liveOwners(folder: string): number {
  let count = 0
  for (const note of list(folder)) {
    if (isAlive(note.split('-').slice(0, 2).join('-'))) count += 1
    else rmSync(join(folder, note), { force: true })
  }
  return count
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
