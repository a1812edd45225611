import type { FunctionApp } from '#lib/http/create-function'

/** Every function by its name, in the order in which people are told of them; loaded when it is asked for, as the shell needs one alone. */
export const table = {
  create: async () => (await import('./create.ts')).create,
  'volume-backup': async () => (await import('./volume-backup.ts')).volumeBackup,
  list: async () => (await import('./list.ts')).list,
  restore: async () => (await import('./restore.ts')).restore,
  verify: async () => (await import('./verify.ts')).verify,
  export: async () => (await import('./export.ts')).exportBackup,
  status: async () => (await import('./status.ts')).status,
  remove: async () => (await import('./remove.ts')).remove,
  undo: async () => (await import('./undo.ts')).undo,
  pin: async () => (await import('./pin.ts')).pin,
  accept: async () => (await import('./accept.ts')).accept,
  'apply-retention': async () => (await import('./apply-retention.ts')).applyRetention,
  recover: async () => (await import('./recover.ts')).recover,
  runs: async () => (await import('./runs.ts')).runs,
  schedule: async () => (await import('./schedule.ts')).schedule,
  drill: async () => (await import('./drill.ts')).drill,
} as const satisfies Readonly<Record<string, () => Promise<FunctionApp>>>

/** A function's name. */
export type FunctionName = keyof typeof table
