import { collect, once } from '../bytes.ts'
import { MissingObject, type Store } from '../store/store.ts'

/** Who holds a lease; what a refused run is told. */
export interface Holder {
  host: string
  pid: number
  /** Of the process, opaque: tells a reused pid, and a machine or container of the same name, from the same process. */
  startedAt: string
  function: string
}

/** What one generation's object says. */
export interface LeaseDocument {
  run: string
  /** Of this one acquisition: nobody else's object has it, whatever its generation. */
  token: string
  holder: Holder
  /** The holder's wall clock, for people. */
  since: string
  /** Changes with every renewal. */
  beat: number
  /** Runs that died holding the lease and that nobody ended yet, oldest first; a release keeps them. */
  deadRuns: readonly string[]
  released?: true
}

/** A source's lease as it was read: the object of the highest generation. */
export interface FoundLease {
  generation: number
  /** Its bytes; two looks that find the same text found no sign of life between them. */
  text: string
  /** Undefined when it is not readable as a lease. */
  document: LeaseDocument | undefined
}

/** Older runs than these are not remembered: whatever they left has ended long ago. */
const rememberedRuns = 20

/** Wide enough for ever, so that the order of bytes is the order of numbers. */
const digits = 12

const folder = (source: string): string => `leases/${source}/`
const key = (source: string, generation: number): string =>
  `${folder(source)}${String(generation).padStart(digits, '0')}.json`

/** The highest generation, or undefined where there never was a lease. */
export async function newestLease(store: Store, source: string): Promise<FoundLease | undefined> {
  const generation = (await generations(store, source)).at(-1)
  if (generation === undefined) return undefined
  const text = await read(store, key(source, generation))
  return { generation, text, document: parse(text) }
}

/** Creates a generation (`overwrite: false`; StoreConflict when it exists), or writes the holder's own anew. */
export async function writeLease(
  store: Store,
  source: string,
  lease: { generation: number; document: LeaseDocument },
  options: { overwrite: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  await store.put(key(source, lease.generation), once(`${JSON.stringify(lease.document)}\n`), options)
}

/** Deletes what lies before the generation that was taken over: see `acquireLease` for why that one stays. */
export async function clearLeases(store: Store, source: string, taken: number): Promise<void> {
  const older = (await generations(store, source)).filter(generation => generation < taken - 1)
  if (older.length > 0) await store.delete(older.map(generation => key(source, generation)))
}

/** The dead runs that who takes this lease over has to think of. */
export function deadRunsOf(document: LeaseDocument): string[] {
  return [...document.deadRuns, document.run].slice(-rememberedRuns)
}

/** `create run r1 on host (process 7) holds it since …`, as a message goes on behind the source's name. */
export function describe({ document, generation }: FoundLease): string {
  if (!document) return `somebody holds it (generation ${generation}, which is not readable)`
  const { holder, run, since } = document
  return `${holder.function} run ${run} on ${holder.host} (process ${holder.pid}) holds it since ${since}`
}

/** Ascending. */
async function generations(store: Store, source: string): Promise<number[]> {
  const found: number[] = []
  for await (const name of store.list(folder(source), { shallow: true })) {
    const number = name.slice(folder(source).length, -'.json'.length)
    if (name === key(source, Number(number))) found.push(Number(number))
  }
  return found
}

async function read(store: Store, name: string): Promise<string> {
  try {
    return (await collect(store.get(name), 65_536)).toString()
  } catch (error) {
    if (error instanceof MissingObject || error instanceof RangeError) return '' // judged by the next look
    throw error
  }
}

function parse(text: string): LeaseDocument | undefined {
  try {
    const found = JSON.parse(text) as Partial<LeaseDocument> | null
    const isLease = found && typeof found.run === 'string' && typeof found.holder?.host === 'string'
    return isLease ? ({ deadRuns: [], ...found } as LeaseDocument) : undefined
  } catch {
    return undefined // judged by whether it changes
  }
}
