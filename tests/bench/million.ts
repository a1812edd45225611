import { hash } from 'node:crypto'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChunkIndex, encodeIndex, packedFrames } from '#lib/repository/index-file'
import { fullRecipe, type Recipe } from '#lib/repository/recipe'
import { manifestOf, writeBackup, writeRepository } from './repository.ts'

const chunks = 1_000_000
const average = 1024 * 1024

/** Gives a recipe a terabyte's chunks, by names instead of bytes: each chunk is its number. Every `renewed`th one is new to what has these numbers. */
export function takeMillion(recipe: Recipe, renewed = Number.POSITIVE_INFINITY): void {
  const chunk = Buffer.alloc(8)
  for (let number = 0; number < chunks; number++) {
    chunk.writeUInt32LE(number, 0)
    chunk.writeUInt32LE(number % renewed === renewed - 1 ? 1 : 0, 4)
    recipe.take(chunk)
  }
}

/** The index of a recipe's chunks with a frame for each, which is the most there can be. */
export function indexOf(recipe: Recipe): ChunkIndex {
  const parts = recipe.result()
  const frames = new Uint32Array(2 * parts.lengths.length)
  for (let at = 0; at < frames.length; at += 2) frames.set([300_000, 1], at)
  return { average, frames: packedFrames(frames), ...parts }
}

/** Writes a repository whose only backup has a million chunks; its data file is a hole. */
export async function writeMillion(folder: string): Promise<void> {
  await writeRepository(folder, 0)
  const recipe = fullRecipe()
  takeMillion(recipe)
  const index = encodeIndex(indexOf(recipe))
  const manifest = manifestOf(0, 0)
  const { objects } = manifest
  const own = { name: objects.index.name, bytes: index.length, sha256: hash('sha256', index) }
  const place = await writeBackup(
    folder,
    { ...manifest, objects: { ...objects, index: own } },
    Buffer.alloc(0),
  )
  await writeFile(join(place, own.name), index)
  await writeFile(join(place, objects.data.name), '')
  await truncate(join(place, objects.data.name), objects.data.bytes)
}
