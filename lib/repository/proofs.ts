import { collect, once } from '../bytes.ts'
import type { ErrorCode } from '../errors.ts'
import { MissingObject, type Store } from '../store/store.ts'
import { proofsFolder } from './layout.ts'
import type { Manifest } from './manifest.ts'

/** How far a verification goes, weakest first; each does what those before it do. */
export const levels = ['checked', 'readable', 'restored'] as const
/** One of `levels`. */
export type Level = (typeof levels)[number]

/** Something of a backup that is not what was written. */
export interface Problem {
  /** The key of the object, or what was compared. */
  object: string
  code: ErrorCode
  message: string
  hint?: string
  /** Facts for programs, such as all that a comparison found. */
  context?: Record<string, unknown>
  /** Every backup that cannot be had without it, as `<source>/<id>`. */
  takesDown: readonly string[]
}

/** One verification of one backup, as it came out. */
export interface Proof {
  format: 1
  source: string
  backup: string
  level: Level
  verdict: 'passed' | 'failed'
  started: string
  finished: string
  seconds: number
  host: string
  tool: string
  /** What was read and compared, in numbers. */
  evidence: object
  problems: readonly Problem[]
}

/** What the key of a proof says, so that nothing has to be read to list it. */
export interface Mark {
  key: string
  level: Level
  verdict: Proof['verdict']
  /** ISO 8601, when it finished. */
  time: string
}

/** What all proofs of one backup come to. */
export interface Standing {
  /** Restored and compared, and nothing failed since. */
  proven: boolean
  /** The strongest level that passed, when last, and after which neither it nor a weaker one failed. */
  passed?: Pick<Mark, 'level' | 'time'>
  /** The last failure after which neither its level nor a stronger one passed. */
  failed?: Pick<Mark, 'level' | 'time'>
}

/** Lists under way at once. */
const atOnce = 32
const documentLimit = 16 * 1024 * 1024

/** Keeps a proof beside its backup, behind all that are there whatever the clocks say, and returns its key. A new object each time: no lease is needed. */
export async function writeProof(store: Store, proof: Proof): Promise<string> {
  const marks = await listMarks(store, proof.source, proof.backup)
  const last = Math.max(0, ...marks.map(({ time }) => Date.parse(time) + 1))
  const time = new Date(Math.max(last, Date.parse(proof.finished))).toISOString().replaceAll(/[-:]/g, '')
  const key = `${proofsFolder(proof.source, proof.backup)}${time}-${proof.level}-${proof.verdict}.json`
  await store.put(key, once(`${JSON.stringify(proof, undefined, 1)}\n`))
  return key
}

/** The proofs of one backup, oldest first. One that is gone or cannot be read is left out: its mark says what counts. */
export async function readProofs(store: Store, source: string, id: string): Promise<Proof[]> {
  const proofs: Proof[] = []
  for (const { key } of await listMarks(store, source, id)) {
    const proof = await readProof(store, key)
    if (proof) proofs.push(proof)
  }
  return proofs
}

async function readProof(store: Store, key: string): Promise<Proof | undefined> {
  try {
    const proof = JSON.parse((await collect(store.get(key), documentLimit)).toString()) as Partial<Proof>
    return proof.format === 1 ? (proof as Proof) : undefined
  } catch (error) {
    if (error instanceof MissingObject || error instanceof SyntaxError || error instanceof RangeError)
      return undefined
    throw error
  }
}

/** What the proofs of these backups come to, in their order. Only keys are read. */
export async function readStandings(store: Store, backups: readonly Manifest[]): Promise<Standing[]> {
  const standings: Standing[] = []
  const work = backups.entries()
  const worker = async () => {
    for (const [at, { source, id }] of work) standings[at] = standingOf(await listMarks(store, source.id, id))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return standings
}

async function listMarks(store: Store, source: string, id: string): Promise<Mark[]> {
  const marks: Mark[] = []
  for await (const key of store.list(proofsFolder(source, id), { shallow: true })) {
    const mark = parseMark(key)
    if (mark) marks.push(mark)
  }
  return marks
}

const named = /\/(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)-(\w+)-(passed|failed)\.json$/

/** The mark in a proof's key; undefined for what a later version may keep beside them. */
export function parseMark(key: string): Mark | undefined {
  const [, year, month, day, minute, second, name, verdict] = named.exec(key) ?? []
  const level = levels.find(level => level === name)
  if (!level) return undefined
  const time = `${year}-${month}-${day}:${minute}:${second}`
  return { key, level, verdict: verdict as Mark['verdict'], time }
}

/** Weighs marks against each other, in any order. Of two at one time the failure counts. */
export function standingOf(marks: readonly Mark[]): Standing {
  const passes = marks.filter(({ verdict }) => verdict === 'passed')
  const failures = marks.filter(({ verdict }) => verdict === 'failed')
  const valid = passes.filter(
    pass => !failures.some(failure => rank(failure) <= rank(pass) && failure.time >= pass.time),
  )
  const open = failures.filter(
    failure => !passes.some(pass => rank(pass) >= rank(failure) && pass.time > failure.time),
  )
  const passed = valid.sort((a, b) => rank(b) - rank(a) || newestFirst(a, b))[0]
  const failed = open.sort((a, b) => newestFirst(a, b) || rank(b) - rank(a))[0]
  return {
    proven: passed?.level === 'restored' && !failed,
    ...(passed ? { passed: { level: passed.level, time: passed.time } } : {}),
    ...(failed ? { failed: { level: failed.level, time: failed.time } } : {}),
  }
}

const rank = ({ level }: Pick<Mark, 'level'>): number => levels.indexOf(level)
const newestFirst = (a: Mark, b: Mark): number => (a.time === b.time ? 0 : a.time < b.time ? 1 : -1)
