import type { Step } from './schedule.ts'

/** Fields of input that say what a function is about. */
const about = [
  'source',
  'sources',
  'container',
  'namespace',
  'pod',
  'url',
  'folder',
  'database',
  'volumes',
  'backup',
]

/** The same text for the same function on the same source: two of them never run at once. */
export function sameWork({ function: name, input }: Step): string {
  return JSON.stringify([name, about.map(field => input[field] ?? null)])
}
