import { chainParts } from './chain.ts'
import { dailyPart } from './daily.ts'
import { judge, type Verdict, verdictTable } from './goal.ts'
import { contest, type Measurement, type Way } from './measure.ts'
import type { Options } from './options.ts'
import { ownWays } from './own.ts'
import { createPart, memoryPart, type Part, restorePart, startPart, verifyPart } from './part.ts'
import { openRivals } from './rival.ts'
import { scalePart } from './scale.ts'
import { servePart } from './serve.ts'
import { fillDatabase, openStage, type Stage } from './stage.ts'
import { resultTable, stepTable } from './table.ts'
import { volumeParts } from './volume.ts'

/** Where the bench says what it found, and what it does meanwhile. */
export interface Speech {
  result(text: string): void
  progress(text: string): void
}

/** An empty folder for what is stored, and what is disposed of when all was measured, or when it was interrupted. */
export interface Place {
  folder: string
  opened: AsyncDisposableStack
}

/** Measures what was asked for, tells it part by part, and returns how the goals came out. */
export async function bench(options: Options, place: Place, speech: Speech): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const measured = new Map<string, Measurement[]>()
  for await (const part of parts(options, place, speech))
    verdicts.push(...(await measurePart(part, measured, speech)))
  return verdicts
}

const withoutDatabase: ReadonlySet<string> = new Set(['start', 'index', 'volume'])

/** Made one by one, since the large database would be in the way of the others. */
async function* parts(options: Options, { folder, opened }: Place, speech: Speech): AsyncGenerator<Part> {
  const { only, large, rounds } = options
  if (only.has('start')) yield await startPart(folder, rounds)
  if (only.has('index')) yield await scalePart(folder, rounds)
  if (only.has('volume')) yield* volumeParts({ folder, opened }, options, speech.progress)
  if ([...only].every(name => withoutDatabase.has(name))) return
  const stage = await openStage(folder, opened)
  yield* databaseParts(stage, await filled(stage, options.gigabytes, speech), options)
  if (only.has('memory') && large) yield await largePart(stage, speech)
}

/** Those that change the repository or copy the database come last. */
async function* databaseParts(
  stage: Stage,
  database: string,
  { only, rounds, gigabytes, loadSeconds }: Options,
): AsyncGenerator<Part> {
  const own = ownWays(stage, database)
  const rivals = await openRivals(stage, database)
  if (only.has('create')) yield createPart(own, rivals, rounds)
  if (only.has('restore')) yield restorePart(own, rivals, rounds)
  if (only.has('verify')) yield verifyPart(own, rounds)
  if (only.has('memory')) yield memoryPart([own.create, own.restore], `${gigabytes} GB`)
  if (only.has('serve')) yield await servePart(stage, database, loadSeconds)
  if (only.has('incremental')) yield* chainParts(stage, database, rounds)
  if (only.has('daily')) yield await dailyPart(stage, database)
}

async function largePart(stage: Stage, speech: Speech): Promise<Part> {
  const { create, restore } = ownWays(stage, await filled(stage, 5, speech))
  const named = (way: Way): Way => ({ ...way, name: `${way.name}, 5 GB` })
  return memoryPart([named(create), named(restore)], '5 GB')
}

async function filled(stage: Stage, gigabytes: number, { progress, result }: Speech): Promise<string> {
  progress(`Generating a database of ${gigabytes} GB …`)
  const database = await fillDatabase(stage, gigabytes)
  const version = await stage.server.sql('SHOW server_version')
  result(`PostgreSQL ${version}, ${stage.engine.kind} Docker engine, ${gigabytes} GB of dump`)
  return database
}

/** What an earlier part measured is not measured again. */
async function measurePart(
  part: Part,
  measured: Map<string, Measurement[]>,
  speech: Speech,
): Promise<Verdict[]> {
  const missing = part.ways.filter(({ name }) => !measured.has(name))
  const told = ({ name }: Way, { seconds }: Measurement) =>
    speech.progress(`${name}: ${seconds.toFixed(2)} s`)
  for (const [name, all] of await contest(missing, part.rounds, told)) measured.set(name, all)
  const results = new Map(part.ways.map(({ name }) => [name, measured.get(name) ?? []]))
  const verdicts = judge(results, part.goals)
  const steps = part.shown && stepTable(results.get(part.shown) ?? [])
  const table = (part.table ?? resultTable)(results)
  const tables = [table, ...(steps ? [steps] : []), ...(verdicts.length > 0 ? [verdictTable(verdicts)] : [])]
  speech.result(`${part.title}\n\n${tables.join('\n\n')}`)
  return verdicts
}
