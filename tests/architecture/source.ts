import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of the project; its path begins at the root and has `/` everywhere. */
export interface Source {
  path: string
  text: string
}

/** One broken rule. */
export interface Violation {
  path: string
  line: number
  what: string
  why: string
}

/** The project's folder. */
export const root = join(import.meta.dirname, '../..')

/** The files that fit, in order. */
export async function sources(pattern: string): Promise<Source[]> {
  const paths = (await Array.fromAsync(glob(pattern, { cwd: root }))).sort()
  return Promise.all(paths.map(async path => ({ path, text: await readFile(join(root, path), 'utf8') })))
}

/** True for test files and what serves them only. */
export function isTest({ path }: Source): boolean {
  return path.startsWith('tests/') || path.endsWith('.test.ts')
}

/** All violations as text, one a line: where, what, why. Empty when there is none. */
export function report(violations: readonly Violation[]): string {
  return violations.map(({ path, line, what, why }) => `${path}:${line} ${what}: ${why}`).join('\n')
}
