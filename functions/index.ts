import type { FunctionApp } from '#lib/http/create-function'
import { accept } from './accept.ts'
import { applyRetention } from './apply-retention.ts'
import { create } from './create.ts'
import { drill } from './drill.ts'
import { exportBackup } from './export.ts'
import { list } from './list.ts'
import { pin } from './pin.ts'
import { remove } from './remove.ts'
import { restore } from './restore.ts'
import { status } from './status.ts'
import { undo } from './undo.ts'
import { verify } from './verify.ts'

/** Every function by its name: mounted, called and documented from here. */
export const functions: Readonly<Record<string, FunctionApp>> = {
  create,
  list,
  restore,
  verify,
  export: exportBackup,
  status,
  remove,
  undo,
  pin,
  accept,
  'apply-retention': applyRetention,
  drill,
}
