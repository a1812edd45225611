import { collect, once } from '../../bytes.ts'
import { readToc, type TocEntry } from '../archive.ts'
import type { RestoreInput } from '../database.ts'
import { dumpArguments } from '../dump.ts'
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
