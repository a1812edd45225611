import type { ScratchWishes } from './environment.ts'

const megabyte = 1024 * 1024

/** What a scratch server may use; `memory` is without what lives in memory of its data. */
export const scratchLimits = {
  memoryBytes: 1024 * megabyte,
  sharedMemoryBytes: 256 * megabyte,
  /** Of the data of a small database, which is restored in memory: with PostgreSQL's own files and log it needs a multiple of its size. */
  inMemoryBytes: 768 * megabyte,
} as const

/** Says whether a database is small enough to be restored in memory. */
export const isSmall = (databaseBytes: number): boolean => databaseBytes <= 64 * megabyte

/** What the official images make a server of; `user` is its superuser. */
export function scratchVariables(
  { user, database, password }: { user: string; database: string; password: string },
  initdbArguments = '',
): Record<string, string> {
  return {
    POSTGRES_USER: user,
    POSTGRES_PASSWORD: password,
    POSTGRES_DB: database,
    POSTGRES_INITDB_ARGS: `${initdbArguments} --no-sync`.trim(),
  }
}

/** Arguments of the server. It listens to itself alone, and jobs of pg_cron that came back with the backup do not run. */
export function scratchArguments(settings: ScratchWishes['settings'], inMemory: boolean): string[] {
  const all: Record<string, string> = {
    ...settings,
    listen_addresses: '127.0.0.1',
    ...(inMemory ? { max_wal_size: '256MB' } : {}),
    ...(settings.shared_preload_libraries?.includes('pg_cron') ? { 'cron.launch_active_jobs': 'off' } : {}),
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
