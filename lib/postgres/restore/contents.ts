import { collect, once } from '../../bytes.ts'
import { readToc, type TocEntry } from '../archive.ts'
import { readContents } from '../archive-contents.ts'
import { archivePart } from '../archive-part.ts'
import type { Part, RestoreInput } from '../database.ts'
import { dumpArguments } from '../dump.ts'
import { type ChosenPart, choosePart } from '../part.ts'
import { type Client, clientEnvironment } from '../psql.ts'

/** An archive's table of contents; SQL text has none. Only the beginning of the input is read. */
export async function tableOfContents(
  input: RestoreInput,
  signal?: AbortSignal,
): Promise<{ entries: readonly TocEntry[]; dumpedFrom: string | undefined }> {
  if (input.format === 'plain') return { entries: [], dumpedFrom: undefined }
  const toc = await readToc(input.open(signal))
  return { entries: toc.entries, dumpedFrom: toc.serverVersion }
}

/** An archive without its data, of which pg_restore needs nothing for sections of definitions, and would not read it. */
export async function* definitionsOf(input: RestoreInput, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const contents = readContents({ texts: false, entry: () => {} })
  for await (const piece of input.open(signal)) {
    const rest = contents.write(piece)
    yield rest ? piece.subarray(0, piece.length - rest.bytes.length) : piece
    if (rest) return
  }
  throw contents.ended()
}

/** Schemas that an archive's objects are in and that it does not make, as that of some tables alone. Those that every database has are none. */
export function lackingSchemas(entries: readonly TocEntry[]): string[] {
  const made = new Set(entries.filter(entry => entry.desc === 'SCHEMA').map(entry => entry.tag))
  const used = new Set(entries.flatMap(({ namespace }) => namespace ?? []))
  return [...used].filter(name => !made.has(name) && !/^(?:public|information_schema|pg_.*)$/.test(name))
}

/** What is wanted of an archive's table of contents; `chosen` says more where that is a part. */
export async function contentsOf(
  input: RestoreInput,
  part: Part | undefined,
  signal?: AbortSignal,
): Promise<{ entries: readonly TocEntry[]; dumpedFrom: string | undefined; chosen: ChosenPart | undefined }> {
  const { entries, dumpedFrom } = await tableOfContents(input, signal)
  const chosen = part && input.format === 'custom' ? choosePart(entries, part) : undefined
  return { entries: chosen?.entries ?? entries, dumpedFrom, chosen }
}

/** A part of an archive as an archive of its own. */
export async function partOf(input: RestoreInput, part: Part, signal?: AbortSignal): Promise<RestoreInput> {
  return narrowed(input, (await contentsOf(input, part, signal)).entries)
}

/** An archive that has some entries of another one alone, with the counts of their tables. */
export function narrowed(input: RestoreInput, entries: readonly TocEntry[]): RestoreInput {
  const ids = new Set(entries.map(({ dumpId }) => dumpId))
  const name = (schema: string | undefined, table: string) => `${schema ?? ''}\0${table}`
  const withData = new Set(
    entries.filter(({ desc }) => desc === 'TABLE DATA').map(({ namespace, tag }) => name(namespace, tag)),
  )
  return {
    format: input.format,
    open: again => archivePart(input.open(again), ids),
    rawBytes: undefined,
    tables: input.tables?.filter(table => withData.has(name(table.schema, table.name))),
    globals: input.globals,
  }
}

/** SQL text says nothing of the database itself, so that what replaces one keeps its properties: they are read as a dump of nothing else. */
export async function entriesOf(
  client: Client,
  database: string,
  signal?: AbortSignal,
): Promise<readonly TocEntry[]> {
  const argv = dumpArguments('custom', { schemaOnly: true })
  const { stdout } = client.shell.exec(
    { argv: [...argv, '--exclude-schema=*'], env: clientEnvironment(client, database) },
    signal,
  )
  return (await readToc(once(await collect(stdout)))).entries
}
