import { readFileSync } from 'node:fs'

/** The statements that fill a fresh database with a dump of about so many gigabytes, for a superuser's psql. A gigabyte has
 *  1.9 million rows of `events` and takes half a minute of one processor; zstd -1 makes 290 MB of it, zstd -3 255 MB. */
export function generatorSql(gigabytes: number): string {
  if (!(gigabytes > 0 && gigabytes <= 100)) throw new RangeError(`no database of ${gigabytes} GB`)
  return `SET bench.gigabytes = '${gigabytes}';\n${readFileSync(new URL('generator.sql', import.meta.url), 'utf8')}`
}
