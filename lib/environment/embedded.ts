import { RespaldoError } from '../errors.ts'
import type { Database } from '../postgres/database.ts'
import { embeddedDatabase } from './embedded-database.ts'
import { dataVersion, realFolder } from './embedded-folder.ts'
import { type Names, namesOf } from './embedded-names.ts'
import { embeddedScratch } from './embedded-scratch.ts'
import type { Statements } from './embedded-statements.ts'
import { mendSwap } from './embedded-swap.ts'
import { assertUsable } from './embedded-use.ts'
import type { Environment, Place, Source, Target } from './environment.ts'
import { sourceId } from './source-id.ts'

export type { Statement, Statements } from './embedded-statements.ts'

/**
 * One PGlite database in a folder. It is found only where it exists and nobody else has it open; a swap of folders that a dead restore left
 * half done is finished first, because until then there is no folder of that name. PGlite is loaded only when the database is opened.
 */
export function embeddedEnvironment(options: {
  folder: string
  name?: string | undefined
  statements: Statements
}): Environment<Database> {
  const look = async () => {
    const names = namesOf(await realFolder(options.folder))
    await mendSwap(names)
    return { names, source: sourceOf(names, options.name) }
  }
  return {
    name: 'embedded',
    async *sources() {
      const { names, source } = await look()
      if ((await dataVersion(names.live)) !== undefined) yield source
    },
    async find(target) {
      const { names, source } = await look()
      assertMeant(source, target)
      await assertUsable(names.live)
      return source
    },
    database: source => embeddedDatabase(source.place.folder ?? options.folder, options.statements),
    scratch: wishes => embeddedScratch(wishes, options.statements),
  }
}

function sourceOf({ live, base }: Names, name: string | undefined): Source {
  const place: Place = { environment: 'embedded', folder: live, database: base }
  return {
    id: sourceId(place, undefined, name),
    kind: 'postgres',
    place,
    state: 'running',
    reason: `folder ${live}`,
  }
}

function assertMeant(source: Source, target: Target): void {
  const { id, place } = source
  if (target.container !== undefined || target.url !== undefined)
    throw new RespaldoError(
      'input-invalid',
      'An embedded database is named by its folder, not by a container or an address',
    )
  const other = [target.source, target.database].find(
    wanted => wanted !== undefined && ![id, place.database].includes(wanted),
  )
  if (other === undefined) return
  throw new RespaldoError('source-not-found', `There is no ${other} in the embedded environment`, {
    hint: `It holds ${id}, the database ${place.database} in ${place.folder}.`,
  })
}
