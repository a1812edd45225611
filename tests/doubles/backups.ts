import { once } from '#lib/bytes'
import type { TableCount } from '#lib/postgres/database'
import { openChain } from '#lib/repository/chain'
import { formatVersion, type Manifest } from '#lib/repository/manifest'
import type { Repository } from '#lib/repository/repository'

/** What is to be backed up; everything else is filled in. */
export interface Made {
  raw: Uint8Array
  tables: readonly TableCount[]
  started: string
  source?: string
  /** The backups that it builds on, the full first. */
  chain?: readonly Manifest[]
  /** Facts of the manifest that are to be others. */
  facts?: Partial<Manifest>
}

/** Writes a backup of a dump of SQL text, a full unless it has a chain. */
export async function writeBackup(repository: Repository, made: Made): Promise<Manifest> {
  const { raw, tables, started, source = 'pc_db', chain = [] } = made
  const [full, ...incrementals] = chain
  const type = full ? 'incremental' : 'full'
  const id = await repository.newId(source, { started: new Date(started), type })
  const base = full && (await openChain(repository.store, { full, incrementals, missing: undefined }))
  const draft = repository.begin(source, id)
  const written = await draft.data(once(raw), { format: 'plain', sourceBytes: raw.length, base })
  const rest = {
    format: formatVersion,
    id,
    kind: 'regular' as const,
    profile: 'development',
    source: {
      id: source,
      kind: 'postgres' as const,
      place: { environment: 'docker' as const, container: source, database: source },
    },
    scope: {},
    type,
    reason: 'a test',
    chain: full?.id ?? id,
    ...(full ? { parent: chain.at(-1)!.id } : {}),
    started,
    finished: started,
    server: '17.2',
    client: '17.2',
    archive: { format: 'plain' as const, version: 'plain' },
    totals: { tables: tables.length, rows: tables.reduce((sum, { rows }) => sum + (rows ?? 0), 0) },
    globals: 'without role passwords',
    host: 'here',
    tool: 'respaldo test',
    ...made.facts,
  } satisfies Omit<Manifest, 'objects' | 'sizes' | 'compression' | 'chunks'>
  return draft.commit(written, rest, { tables, globals: 'CREATE ROLE x;\n' }, async () => {})
}

/** A dump of one table `public.t` whose rows are these lines. */
export function plainDump(rows: readonly string[]): { raw: Buffer; tables: TableCount[] } {
  const data = rows.map(row => `${row}\n`).join('')
  const raw = Buffer.from(
    `--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.t (text text);\n\n` +
      `COPY public.t (text) FROM stdin;\n${data}\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n`,
  )
  return { raw, tables: [{ schema: 'public', name: 't', rows: rows.length, bytes: data.length }] }
}
