import type { FunctionApp } from '#lib/http/create-function'
import { table } from './table.ts'

const loaded = Object.entries(table).map(async ([name, load]) => [name, await load()] as const)

/** Every function by its name, all loaded: mounted, called and documented from here. */
export const functions: Readonly<Record<string, FunctionApp>> = Object.fromEntries(await Promise.all(loaded))
