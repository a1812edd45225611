import type { Part, RestorePlan } from '../database.ts'
import type { ChosenPart } from '../part.ts'
import type { FillFacts } from './fill.ts'

type Refusal = RestorePlan['refusals'][number]

/** What a part of a backup is, and of what it would fill. */
export interface PartFacts {
  chosen: ChosenPart
  /** Only asked for with `dataOnly`; undefined when the database does not exist. */
  fill: FillFacts | undefined
}

/** What the user should know of a part before it is restored. Pure. */
export function partWarnings(part: Part, { chosen }: PartFacts): string[] {
  const views = chosen.entries.filter(({ desc }) => desc === 'MATERIALIZED VIEW DATA').map(({ tag }) => tag)
  return [
    ...(chosen.along.length > 0 && !part.dataOnly
      ? [`comes along, as the part cannot be made without it: ${chosen.along.join(', ')}`]
      : []),
    ...(part.dataOnly
      ? []
      : chosen.leftOut.map(({ what, needs }) => `left out: ${what}, which needs ${needs.join(', ')}`)),
    ...(part.dataOnly && views.length > 0
      ? [`materialized views are not refreshed: ${views.join(', ')}`]
      : []),
  ]
}

/** What forbids restoring a part. Pure. */
export function partRefusals(part: Part, { chosen, fill }: PartFacts, superuser: boolean): Refusal[] {
  return [
    ...chosen.unknown.map(
      ({ what, nearest }): Refusal => ({
        code: 'input-invalid',
        message: `The backup has no ${what}`,
        hint: nearest.length > 0 ? `The nearest that it has: ${nearest.join(', ')}.` : 'It has none at all.',
      }),
    ),
    ...(part.dataOnly
      ? fillRefusals(fill, superuser)
      : chosen.lacking.map(
          ({ what, needs }): Refusal => ({
            code: 'input-invalid',
            message: `The ${what} cannot be made without ${needs.join(', ')}`,
            hint: 'Choose that too, with --table or --schema.',
          }),
        )),
  ]
}

function fillRefusals(fill: FillFacts | undefined, superuser: boolean): Refusal[] {
  if (!fill)
    return [
      {
        code: 'input-invalid',
        message: 'Data alone needs a database that has the tables already',
        hint: 'Name one with --into; --schema-only makes it.',
      },
    ]
  const found: Refusal[] = []
  const refuse = (code: Refusal['code'], message: string, hint: string) => found.push({ code, message, hint })
  if (fill.tables === 0)
    refuse('input-invalid', 'The backup has no data of what was chosen', 'Leave --data-only away.')
  if (fill.missing.length > 0)
    refuse(
      'restore-unsafe',
      `The database lacks tables whose data would be restored: ${fill.missing.join(', ')}`,
      'Make them first, or choose others with --table.',
    )
  if (fill.filled.length > 0)
    refuse(
      'restore-unsafe',
      `These tables hold rows already: ${fill.filled.join(', ')}`,
      'Data goes only into empty tables: choose others with --table, or restore into a new database.',
    )
  if (fill.outside.length > 0)
    refuse(
      'restore-unsafe',
      `Foreign keys lead to tables whose data would not be restored, and would not be checked: ${fill.outside.join(', ')}`,
      'Choose those tables too, with --table.',
    )
  if (fill.triggers && !superuser)
    refuse(
      'restore-unsafe',
      'The tables have triggers or foreign keys, which only a superuser can keep quiet while data is loaded',
      'Restore as a superuser, or restore the tables whole into a new database.',
    )
  return found
}
