import { type Bytes, once } from '../bytes.ts'
import type { RestoreInput, Scripts } from '../postgres/database.ts'
import { tarScripts } from '../postgres/foreign.ts'
import { pack } from '../postgres/pack.ts'
import { type Half, halvesOf } from '../postgres/part.ts'
import { plainPart } from '../postgres/plain-part.ts'
import { narrowed, tableOfContents } from '../postgres/restore/contents.ts'
import { type Content, type Measured, measured, tarGz } from '../postgres/tar.ts'
import type { DatabaseFormat } from './export-format.ts'

/** What an export is made of. */
export interface Exportable {
  input: RestoreInput
  /** Where archives become SQL text; not asked where none has to. */
  scripts: () => Promise<Scripts>
  /** Of what compresses; each has its default. */
  level: number | undefined
  signal: AbortSignal
}

const gzipLevel = 6

/** The whole file. A `.dump` is what pg_dump wrote, a `.dump.zst` without a level what the repository holds. */
export async function exportedFile(
  format: Exclude<DatabaseFormat, 'tar.gz'>,
  exportable: Exportable,
): Promise<Bytes> {
  const { input, level, signal } = exportable
  switch (format) {
    case 'dump':
      return input.open(signal)
    case 'dump.zst':
      return level === undefined && input.openZstd
        ? input.openZstd(signal)
        : pack(input.open(signal), 'zstd', level ?? 3)
    case 'sql':
      return sqlText(exportable)
    case 'sql.gz':
      return pack(await sqlText(exportable), 'gzip', level ?? gzipLevel)
    default:
      return format satisfies never
  }
}

async function sqlText({ input, scripts, signal }: Exportable): Promise<Bytes> {
  return input.format === 'plain' ? input.open(signal) : (await scripts()).script(input, signal)
}

/**
 * The scripts of a tar, read through once for their sizes: definitions, then content. Rows come in the dump's order, in which foreign keys do
 * not hold; so the second script keeps triggers quiet for its session, where its role may.
 */
export async function exportedScripts(exportable: Exportable): Promise<Measured[]> {
  const { definitions, content } = await halves(exportable)
  const files: Content[] = [
    { name: tarScripts[0], open: definitions },
    { name: tarScripts[1], open: () => followed(quiet, content()) },
  ]
  const all: Measured[] = []
  for (const file of files) all.push(await measured(file))
  return all
}

async function halves({ input, scripts, signal }: Exportable): Promise<Record<Half, () => Bytes>> {
  if (input.format === 'plain')
    return {
      definitions: () => plainPart(input.open(signal), 'definitions'),
      content: () => plainPart(input.open(signal), 'content'),
    }
  const maker = await scripts()
  const entries = halvesOf((await tableOfContents(input, signal)).entries)
  const script = (half: Half) => () => maker.script(narrowed(input, entries[half]), signal)
  return { definitions: script('definitions'), content: script('content') }
}

const quiet = `-- Rows come in an order in which foreign keys may not hold yet, so they and triggers rest in this session, if the role may say so.
DO $respaldo$
BEGIN
  PERFORM pg_catalog.set_config('session_replication_role', 'replica', false);
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'triggers and foreign keys stay on while rows are loaded';
END $respaldo$;

`

async function* followed(text: string, bytes: Bytes): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(text)
  yield* bytes
}

/** The tar of these scripts and of what describes them. */
export async function exportedTar(
  scripts: readonly Measured[],
  metadata: string,
  options: { level: number | undefined; time: Date },
): Promise<Bytes> {
  const described = await measured({ name: 'metadata.json', open: () => once(metadata) })
  return tarGz([...scripts, described], { level: options.level ?? gzipLevel, time: options.time })
}
