import type { Recovery } from '../database.ts'
import type { Client } from '../psql.ts'
import { tableOfContents } from './contents.ts'
import { fromSafety } from './drop-first.ts'
import type { MarkedDatabase } from './markers.ts'
import { databaseProperties } from './properties.ts'
import { existingDatabase } from './server.ts'
import { drop, halfMade, takeBack } from './transaction.ts'

/** Clears up what restores from `home` left half made: it is a dead run's, because this one holds the lease. Says what it did. */
export async function recover(client: Client, home: string, recovery: Recovery): Promise<string[]> {
  const { signal } = recovery
  const marked = await halfMade(client, home, signal)
  const did = await takeBack(client, marked)
  for (const found of marked.filter(({ state, safety }) => state === 'unproven' && safety))
    did.push(await recoverDropped(client, home, found, recovery))
  return did
}

/** The safety backup is only needed once the old database is gone; before, the place that was made for the new one goes. */
async function recoverDropped(
  client: Client,
  home: string,
  { name, of, safety }: MarkedDatabase,
  { run, time, safetyOf, report, signal }: Recovery,
): Promise<string> {
  const existing = await existingDatabase(client, of, signal)
  if (existing && name !== of) {
    await drop(client, of, name)
    return `dropped ${name}, which an interrupted restore left empty`
  }
  const request = { run, time, mode: 'in-place' as const, database: of, dropFirst: true }
  const input = await safetyOf(safety!)
  const { entries } = await tableOfContents(input, signal)
  const plan = {
    request,
    steps: [],
    warnings: [],
    refusals: [],
    replaces: of,
    missingRoles: [],
    openConnections: 0,
  }
  const properties = databaseProperties(entries)
  await fromSafety(
    { client, plan, input, properties, schemas: [], home, old: undefined, report, signal },
    safety!,
  )
  if (name !== of) await drop(client, of, name) // the place of the restore that died
  return `made ${of} anew from the safety backup ${safety}, after an interrupted restore had dropped it`
}
