import { chmod, copyFile, lstat, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RespaldoError } from '../errors.ts'
import type { Report } from '../events.ts'
import type {
  KeptDatabase,
  RestoreInput,
  RestorePlan,
  RestoreRequest,
  RestoreResult,
  Restores,
} from '../postgres/database.ts'
import { flush, flushPath, giveTo, ownerOf } from './embedded-disk.ts'
import { folderBytes, holderOf, realFolder } from './embedded-folder.ts'
import { compareRows, countAll, load, loadGlobals } from './embedded-load.ts'
import { freeStamp, isSide, keptAt, type Names, namesOf } from './embedded-names.ts'
import { planFacts, planRestore } from './embedded-plan.ts'
import { type Session, withDatabase } from './embedded-session.ts'
import { type Needs, needsOf, type Statements } from './embedded-statements.ts'
import { isThere, mendSwap, type Rename, swap } from './embedded-swap.ts'
import { assertUsable, inUse } from './embedded-use.ts'

/** Restores by swapping data folders: until the last step the old folder is not touched, and afterwards it is kept. */
export function embeddedRestores(folder: string, statements: Statements, move: Rename = rename): Restores {
  const names = async () => namesOf(await realFolder(folder))
  const plan = async (request: RestoreRequest, input: RestoreInput, signal?: AbortSignal) => {
    const needs = input.format === 'plain' ? await needsOf(input, statements, signal) : undefined
    return { needs, plan: await planned(await names(), request, input, needs) }
  }
  return {
    plan: async (request, input, signal) => (await plan(request, input, signal)).plan,
    async run({ request }, input, report, signal) {
      const again = await plan(request, input, signal) // the world may have changed since, and this is read only
      refuse(again.plan)
      return restore({
        names: await names(),
        request,
        input,
        needs: again.needs,
        statements,
        report,
        signal,
        move,
      })
    },
    undo: async ({ time }, signal) => undo(await names(), time, move, signal),
    kept: async () => kept(await names()),
    removeKept: async name => removeKept(await names(), name),
    recover: async () => recover(await names()),
  }
}

async function planned(
  names: Names,
  request: RestoreRequest,
  input: RestoreInput,
  needs: Needs | undefined,
): Promise<RestorePlan> {
  return planRestore(request, input, await planFacts(names, join(names.parent, request.database), needs))
}

function refuse({ refusals }: RestorePlan): void {
  const [refusal] = refusals
  if (refusal)
    throw new RespaldoError(refusal.code, refusal.message, { hint: refusal.hint, context: { refusals } })
}

interface Restoring {
  names: Names
  request: RestoreRequest
  input: RestoreInput
  needs: Needs | undefined
  statements: Statements
  report: Report
  signal: AbortSignal | undefined
  move: Rename
}

async function restore(restoring: Restoring): Promise<RestoreResult> {
  const { names, request, report } = restoring
  const stamp = freeStamp(request.time, names, await readdir(names.parent))
  const side = names.side(stamp)
  try {
    const counts = await build(side, restoring)
    report({
      type: 'step',
      step: 'swap',
      message: `Writing ${request.database} to disk and giving it its name`,
    })
    const kept = request.mode === 'into' ? await name(side, restoring) : await replace(side, stamp, restoring)
    return { database: request.database, kept, ...counts }
  } catch (error) {
    await rm(side, { recursive: true, force: true })
    throw error
  }
}

/** A whole new database in the folder `side`, compared with the backup. */
function build(
  side: string,
  { input, needs, statements, report, signal }: Restoring,
): Promise<{ tables: number; rows: number }> {
  report({ type: 'step', step: 'restore', message: `Restoring into ${side}` })
  const fill = async (session: Session) => {
    if (input.globals !== undefined) await loadGlobals(session, input.globals, statements)
    await load(session, input, { statements, report, signal })
    report({ type: 'step', step: 'compare', message: "Comparing every table's rows with the backup" })
    const counts = input.tables ? await compareRows(session, input.tables) : await countAll(session)
    await session.exec('ANALYZE')
    return counts
  }
  return withDatabase(
    { folder: side, create: true, extensions: [...(needs?.extensions ?? [])] },
    fill,
    signal,
  )
}

async function name(side: string, { names, request }: Restoring): Promise<undefined> {
  const target = join(names.parent, request.database)
  if (await isThere(names.live)) await giveTo(side, await ownerOf(names.live))
  await flush(side)
  await rmdir(target).catch(() => {}) // an empty one may be there; of any other the rename fails
  await rename(side, target)
  await flushPath(names.parent)
}

async function replace(side: string, stamp: string, { names, move }: Restoring): Promise<string | undefined> {
  const replaces = await isThere(names.live)
  if (replaces) await resemble(side, names.live)
  await flush(side)
  if (!replaces) {
    await rename(side, names.live)
    await flushPath(names.parent)
    return undefined
  }
  await assertFree(names.live)
  await swap(names, { from: basename(side), kept: basename(names.kept(stamp)) }, move)
  return basename(names.kept(stamp))
}

/** The server's own settings are no part of a dump and stay, as do the folder's mode and owner. */
async function resemble(side: string, live: string): Promise<void> {
  for (const file of ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf'])
    await copyFile(join(live, file), join(side, file)).catch(error => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    })
  await chmod(side, (await lstat(live)).mode & 0o7777)
  await giveTo(side, await ownerOf(live))
}

async function assertFree(folder: string): Promise<void> {
  const holder = await holderOf(folder)
  if (holder !== undefined) throw inUse('restore-unsafe', folder, holder)
}

async function undo(names: Names, time: Date, move: Rename, signal?: AbortSignal): Promise<RestoreResult> {
  const newest = (await keptNames(names)).at(-1)
  if (newest === undefined)
    throw new RespaldoError('backup-not-found', `No earlier restore kept an old ${names.base}`, {
      hint: '`respaldo status` lists what is kept.',
    })
  const from = join(names.parent, newest)
  await assertUsable(from)
  const counts = await withDatabase({ folder: from }, countAll, signal)
  await flush(from)
  if (!(await isThere(names.live))) {
    await rename(from, names.live)
    await flushPath(names.parent)
    return { database: names.base, kept: undefined, ...counts }
  }
  await assertFree(names.live)
  const away = basename(names.kept(freeStamp(time, names, await readdir(names.parent))))
  await swap(names, { from: newest, kept: away }, move)
  return { database: names.base, kept: away, ...counts }
}

/** Oldest first: the time stands in the name. */
async function keptNames({ parent, base }: Names): Promise<string[]> {
  return (await readdir(parent)).filter(name => keptAt(name, base) !== undefined).sort()
}

async function kept(names: Names): Promise<KeptDatabase[]> {
  const found = await keptNames(names)
  return Promise.all(
    found.map(async name => ({
      name,
      of: names.base,
      keptAt: keptAt(name, names.base) ?? '',
      sizeBytes: await folderBytes(join(names.parent, name)),
    })),
  )
}

async function removeKept(names: Names, name: string): Promise<void> {
  if (!(await keptNames(names)).includes(name))
    throw new RespaldoError('source-not-found', `${name} is no database that a restore kept`, {
      hint: '`respaldo status` lists what is kept.',
    })
  await assertFree(join(names.parent, name))
  await rm(join(names.parent, name), { recursive: true })
}

/** Only called by who holds the source's lease; a folder that somebody has open is left alone nevertheless. */
async function recover(names: Names): Promise<string[]> {
  const mended = await mendSwap(names)
  const did = mended === undefined ? [] : [mended]
  for (const name of (await readdir(names.parent)).filter(name => isSide(name, names.base))) {
    if ((await holderOf(join(names.parent, name))) !== undefined) continue
    await rm(join(names.parent, name), { recursive: true })
    did.push(`removed ${name}, which an interrupted restore left half made`)
  }
  return did
}
