import { readdirSync, readFileSync } from 'node:fs'
import { RespaldoError } from '#lib/errors'
import { archiveWalker, type WalkResult } from '#lib/postgres/archive'

const folder = new URL('../vectors/archives/', import.meta.url)

/** A golden dump. */
export const golden = (file: string): Buffer => readFileSync(new URL(file, folder))

/** The golden dumps whose names end so, in order. */
export const goldenFiles = (ending: string): string[] =>
  readdirSync(folder)
    .filter(file => file.endsWith(ending))
    .sort()

/** What is known of the golden dumps. */
export const facts = JSON.parse(golden('facts.json').toString())

/** Walks an archive that comes in these pieces. */
export function walk(pieces: Iterable<Uint8Array>, keep: 'counts' | 'entries' = 'counts'): WalkResult {
  const walker = archiveWalker({ keep })
  for (const piece of pieces) walker.write(piece)
  return walker.end()
}

/** The same bytes in pieces that end at these places. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [
    0,
    ...places.map(place => place % (bytes.length + 1)).sort((one, other) => one - other),
    bytes.length,
  ]
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
}

/** The error of an archive that is not taken. */
export function refusal(pieces: Iterable<Uint8Array>): RespaldoError {
  try {
    walk(pieces)
  } catch (error) {
    if (error instanceof RespaldoError) return error
    throw error
  }
  throw new Error('it was taken for whole')
}
