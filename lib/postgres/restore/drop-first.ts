import { RespaldoError } from '../../errors.ts'
import type { RestoreResult } from '../database.ts'
import { execute } from '../psql.ts'
import { identifier } from '../sql.ts'
import { commentSql } from './markers.ts'
import { maintenance } from './server.ts'
import {
  build,
  closeSql,
  createMarked,
  drop,
  marker,
  propertyScript,
  type Restoring,
  sideName,
} from './transaction.ts'

/**
 * Restores where there is no room for two databases: the old one is dropped before the new one is filled. From before the drop to the end
 * an empty or unproven database carries the safety backup's reference, so that any later run knows where the old content is.
 */
export async function dropFirst(
  restoring: Restoring,
  safety: Restoring & { reference: string },
): Promise<RestoreResult> {
  await takePlace(restoring, safety.reference)
  try {
    return { ...(await fillPlace(restoring)), safety: safety.reference }
  } catch (error) {
    await fromSafety(safety, safety.reference, error)
    throw error
  }
}

/** Makes a dropped database anew from its safety backup; what stands under its name is dropped. When that fails, the next run tries again. */
export async function fromSafety(restoring: Restoring, reference: string, cause?: unknown): Promise<void> {
  const { plan, report } = restoring
  const { database } = plan.request
  const again = { ...restoring, signal: undefined } // whoever cancelled the restore still wants the old data
  report({
    type: 'step',
    step: 'undo',
    message: `Making ${database} anew from the safety backup ${reference}`,
  })
  try {
    await takePlace(again, reference)
    await fillPlace(again)
  } catch (error) {
    throw new RespaldoError(
      'command-failed',
      `The restore failed, and ${database} could not be made anew: ${(error as Error).message}`,
      {
        cause: cause ?? error,
        hint: `Its content is in the safety backup ${reference}; the next run on this source tries again.`,
        context: { safety: reference },
      },
    )
  }
}

/** Drops what has the name and gives it to an empty database, closed to others, that says where the old content is. */
async function takePlace(restoring: Restoring, safety: string): Promise<void> {
  const { client, plan, report } = restoring
  const { database, time } = plan.request
  const side = sideName(database, time)
  const mark = { ...marker(restoring, 'unproven'), safety }
  await createMarked(restoring, side, mark)
  try {
    report({ type: 'step', step: 'drop', message: `Dropping ${database}` })
    await drop(client, database, database)
  } catch (error) {
    await drop(client, database, side)
    throw error
  }
  const rename = `ALTER DATABASE ${identifier(side)} RENAME TO ${identifier(database)};`
  await execute(client, ['BEGIN;', rename, closeSql(database), 'COMMIT;'].join('\n'), {
    database: maintenance(database),
  })
}

async function fillPlace(restoring: Restoring): Promise<RestoreResult> {
  const { client, plan, properties, signal } = restoring
  const { database } = plan.request
  const counts = await build(restoring, database)
  // At once, so that what others can write to is never dropped again.
  const proven = [
    'BEGIN;',
    propertyScript(restoring, database),
    commentSql(database, properties.comment),
    'COMMIT;',
  ]
  await execute(client, proven.join('\n'), { database: maintenance(database), signal })
  return { database, kept: undefined, ...counts }
}
