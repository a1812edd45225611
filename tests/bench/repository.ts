import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { backupFolder, marker, proofsFolder } from '#lib/repository/layout'
import { encodeManifest, formatVersion, type Manifest } from '#lib/repository/manifest'

const sources = 10
const tablesOfEach = 100
const atOnce = 64

/** Writes the folder of a repository that lists so many backups of 100 tables each, of ten sources, each verified once; their data are not there. */
export async function writeRepository(folder: string, backups: number): Promise<void> {
  await mkdir(folder)
  const document = { format: formatVersion, id: '00000000-0000-4000-8000-000000000000', created: day(0) }
  await writeFile(join(folder, marker), `${JSON.stringify(document, undefined, 1)}\n`)
  const tables = zstdCompressSync(JSON.stringify({ tables: Array.from({ length: tablesOfEach }, table) }))
  const numbers = Array.from({ length: backups }, (_, number) => number).values()
  const worker = async () => {
    for (const number of numbers) await writeBackup(folder, manifestOf(number, tables.length), tables)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Writes what is read of a backup that is listed; returns its folder. */
export async function writeBackup(folder: string, manifest: Manifest, tables: Uint8Array): Promise<string> {
  const place = join(folder, backupFolder(manifest.source.id, manifest.id))
  const proofs = join(folder, proofsFolder(manifest.source.id, manifest.id))
  await mkdir(proofs, { recursive: true })
  await writeFile(join(proofs, '20260101T030000.000Z-readable-passed.json'), '{"format":1}\n')
  await writeFile(join(place, 'tables.json.zst'), tables)
  await writeFile(join(place, 'manifest.json'), encodeManifest(manifest))
  return place
}

/** Of the backup of that number, a full. */
export function manifestOf(number: number, tablesBytes: number): Manifest {
  const source = `shop_${number % sources}`
  const started = day(Math.floor(number / sources))
  const id = `${started.slice(0, 19).replaceAll(/[-:]/g, '')}Z-full`
  const raw = 700_000_000 + number
  const part = (name: string, bytes: number) => ({
    name,
    bytes,
    sha256: number.toString(16).padStart(64, '0'),
  })
  return {
    format: formatVersion,
    id,
    kind: 'regular',
    profile: 'production',
    source: {
      id: source,
      kind: 'postgres',
      place: { environment: 'docker', container: source, database: source },
    },
    scope: {},
    type: 'full',
    reason: 'every backup is a full one',
    chain: id,
    started,
    finished: started,
    server: '17.6',
    client: '17.6',
    archive: { format: 'custom', version: '1.16' },
    chunks: { average: 16_384, count: 43_000 },
    sizes: { source: 5_000_000, raw, stored: raw / 4, new: raw / 4 },
    compression: 0.75,
    totals: { tables: tablesOfEach, rows: tablesOfEach * 1000 },
    objects: {
      data: part('database.dump.zst', raw / 4),
      index: part('index', 1_600_000),
      tables: part('tables.json.zst', tablesBytes),
    },
    globals: 'without role passwords',
    host: 'bench',
    tool: 'respaldo',
  }
}

const table = (_: unknown, number: number) => ({
  schema: 'public',
  name: `table_${number}`,
  rows: 1000,
  bytes: 90_000,
})

const day = (number: number): string => new Date(Date.UTC(2020, 0, 1 + number, 3)).toISOString()
