import type { FunctionApp } from '#lib/http/create-function'
import { create } from './create.ts'
import { list } from './list.ts'
import { remove } from './remove.ts'
import { restore } from './restore.ts'
import { status } from './status.ts'

/** Every function by its name: mounted, called and documented from here. */
export const functions: Readonly<Record<string, FunctionApp>> = { create, list, restore, status, remove }
