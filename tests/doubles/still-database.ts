import { collect, once } from '#lib/bytes'
import type { Database, RestoreInput, RestorePlan } from '#lib/postgres/database'
import type { Located } from '#lib/services'

/** What databases said and got, by their sources' ids. */
export interface StillServer {
  locate(wanted: { source?: string | undefined }): Promise<Located>
  /** The dump that the source's next backup reads. */
  dumpOf(source: string): string
  /** From now on its dump has one row more. */
  grow(source: string): void
  /** What restores read, in order; a restore that failed is not among them. */
  readonly restored: readonly string[]
}

/** Databases that are always there and never change by themselves, for what concerns a repository and no database. */
export function stillServer(): StillServer {
  const rows = new Map<string, number>()
  const restored: string[] = []
  const dumpOf = (source: string) => dump(source, rows.get(source) ?? 4000)
  const still: StillServer = {
    dumpOf,
    grow: source => void rows.set(source, (rows.get(source) ?? 4000) + 1),
    restored,
    async locate({ source = 'pc_db' }) {
      const database = stillDatabase(() => dumpOf(source), restored)
      const place = { environment: 'docker' as const, container: source, database: source }
      return {
        environment: {
          name: 'docker',
          async *sources() {},
          find: () => Promise.reject(new Error('nobody is looked for')),
          database: () => database,
          scratch: () => Promise.reject(new Error('there is no scratch server')),
        },
        source: { id: source, kind: 'postgres', place, state: 'running', reason: 'a test' },
        database,
        reason: 'a test',
        databases: undefined,
        beside: other => still.locate({ source: other }),
      }
    },
  }
  return still
}

/** SQL text as pg_dump writes it. */
function dump(name: string, rows: number): string {
  const lines = Array.from({ length: rows }, (_, n) => `${n}\t${name} ${(n * 7919) % 100003} ${n % 97}`)
  return [
    '--\n-- PostgreSQL database dump\n--\n',
    '-- Dumped from database version 17.2\n-- Dumped by pg_dump version 17.2\n',
    'CREATE TABLE public.t (\n    n integer,\n    text text\n);\n',
    `COPY public.t (n, text) FROM stdin;\n${lines.join('\n')}\n\\.\n`,
    '--\n-- PostgreSQL database dump complete\n--\n\n',
  ].join('\n')
}

function stillDatabase(dumpNow: () => string, restored: string[]): Database {
  return {
    formats: ['plain'],
    inspect: async () => ({
      serverVersion: '17.2',
      clientVersion: '17.2',
      systemIdentifier: '7',
      user: 'postgres',
      sizeBytes: 100_000,
      connections: 0,
      settings: {},
    }),
    dump: () => once(dumpNow()),
    globals: async () => ({ sql: 'CREATE ROLE app;\n' }),
    endRuns: async () => {},
    rows: async () => [],
    scripts: { version: async () => undefined, script: () => once() },
    restores: {
      plan: async (request): Promise<RestorePlan> => ({
        request,
        steps: [],
        warnings: [],
        refusals: [],
        replaces: undefined,
        missingRoles: [],
        openConnections: 0,
      }),
      async run({ request }, input: RestoreInput) {
        await input.beforeReplacing?.()
        restored.push((await collect(input.open())).toString())
        return { database: request.database, kept: undefined, tables: 1, rows: 1 }
      },
      undo: () => Promise.reject(new Error('nothing was kept')),
      kept: async () => [],
      removeKept: async () => {},
      recover: async () => [],
    },
    server: () => {
      throw new Error('it stands alone')
    },
  }
}
