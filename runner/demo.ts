import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { functions } from '#functions'
import { humanBytes } from '#lib/bytes'
import { systemClock } from '#lib/clock'
import { openServices, type Services } from '#lib/services'
import { damage, fingerprint, openDemoDatabase } from '../demo/walkthrough.ts'
import { invoke } from './invoke.ts'
import { isAlive, thisHolder } from './liveness.ts'
import type { Outside } from './outside.ts'
import { table } from './render-table.ts'

type Fingerprint = Awaited<ReturnType<typeof fingerprint>>

/** The main job on an embedded database, in a folder that it makes: back up, damage, restore, compare every table. Looks at nothing else. */
export async function demo({ stdout, version, signal }: Outside): Promise<number> {
  const began = systemClock.monotonic()
  const home = await mkdtemp(join(tmpdir(), 'respaldo-demo-'))
  const folder = join(home, 'pc_db')
  const say = (text: string) => stdout.write(`${text}\n`)
  const services = demoServices(home, version, signal)

  say('1. A database with the demo schema: usuarios, productos, pedidos')
  await openDemoDatabase(folder)
  const before = await fingerprint(folder)
  say(indented(rowsOf(before)))

  say('2. A backup')
  const { backup } = await call<{ backup: Backup }>(services, 'create', { folder, name: 'demo' })
  say(
    `   ${backup.source.id}/${backup.id}: ${backup.totals.tables} tables, ${backup.totals.rows} rows, ${humanBytes(backup.sizes.raw)} stored as ${humanBytes(backup.sizes.stored)}`,
  )

  say('3. Damage')
  await damage(folder)
  const damaged = await fingerprint(folder)
  say(indented(compared(before, damaged)))

  say('4. The restore, beside the damaged database and swapped')
  const { restored } = await call<{ restored: { kept?: string } }>(services, 'restore', {
    backup: 'demo',
    confirm: 'pc_db',
  })
  if (restored.kept) say(`   the damaged database is kept as ${restored.kept}`)

  say('5. Every table compared with what it was')
  const after = await fingerprint(folder)
  say(indented(compared(before, after)))
  const same = isSame(before, after) && !isSame(before, damaged)
  const seconds = ((systemClock.monotonic() - began) / 1000).toFixed(1)
  say(
    same
      ? `All of it came back, in ${seconds} s. The backup lies in ${join(home, 'backups')}`
      : 'The restored database is not what it was.',
  )
  return same ? 0 : 1
}

interface Backup {
  id: string
  source: { id: string }
  totals: { tables: number; rows?: number }
  sizes: { raw: number; stored: number }
}

function demoServices(home: string, version: string, signal: AbortSignal): Services {
  return openServices({
    configuration: {},
    directory: join(home, 'backups'),
    profile: 'development',
    retention: {},
    origin: 'cli',
    version,
    variables: {},
    holder: thisHolder(),
    isAlive,
    signal,
  })
}

async function call<Result>(
  services: Services,
  name: string,
  input: Record<string, unknown>,
): Promise<Result> {
  const response = await invoke(functions[name]!, services, { input })
  const answer = (await response.json()) as Result & { error?: { message: string } }
  if (answer.error) throw new Error(`${name} failed: ${answer.error.message}`)
  return answer
}

const indented = (text: string): string => text.trimEnd().replaceAll(/^/gm, '   ')

function rowsOf(tables: Fingerprint): string {
  return table([['TABLE', 'ROWS'], ...Object.entries(tables).map(([name, { rows }]) => [name, String(rows)])])
}

function compared(before: Fingerprint, after: Fingerprint): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const verdict = (name: string) =>
    !after[name] ? 'missing' : after[name].hash === before[name]?.hash ? 'same' : 'different'
  const rows = names.map(name => [
    name,
    String(before[name]?.rows ?? '-'),
    String(after[name]?.rows ?? '-'),
    verdict(name),
  ])
  return table([['TABLE', 'ROWS BEFORE', 'ROWS NOW', 'CONTENT'], ...rows])
}

function isSame(a: Fingerprint, b: Fingerprint): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => a[name]!.hash === b[name]?.hash && a[name]!.rows === b[name]?.rows)
  )
}
