import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** PostgreSQL images that tests can ask for; `bare` ones lack what people's own images may lack. */
export type ImageName = 'postgres:15' | 'postgres:17' | 'postgres:15-bare' | 'postgres:17-bare'

export interface Recipe {
  major: 15 | 17
  /** Debian's release that carries this major. */
  suite: 'bookworm' | 'trixie'
  /** What a registry's own image of the same make is called. */
  official: string
  /** Commands that the image must not have. */
  without: readonly string[]
}

const zstd = ['zstd', 'unzstd', 'zstdcat', 'zstdmt', 'zstdless', 'zstdgrep']
const bash = ['bash', 'rbash', 'bashbug', 'clear_console']
const gzip = [
  'gzip',
  'gunzip',
  'uncompress',
  'zcat',
  'zless',
  'zmore',
  'znew',
  'zgrep',
  'zegrep',
  'zfgrep',
  'zcmp',
  'zdiff',
  'zforce',
  'gzexe',
]
const fifteen = { major: 15, suite: 'bookworm', official: 'postgres:15-bookworm' } as const
const seventeen = { major: 17, suite: 'trixie', official: 'postgres:17-trixie' } as const

export const recipes: Readonly<Record<ImageName, Recipe>> = {
  'postgres:15': { ...fifteen, without: [] },
  'postgres:17': { ...seventeen, without: [] },
  'postgres:15-bare': { ...fifteen, without: [...zstd, ...bash, ...gzip] },
  'postgres:17-bare': { ...seventeen, without: [...zstd, ...bash] },
}

export const entrypoint = readFileSync(new URL('./entrypoint.sh', import.meta.url), 'utf8')

/** Left out of Debian's files: caches, texts, the cluster that Debian makes, and the JIT compiler (a third of the rest;
 *  without it PostgreSQL quietly does not compile queries). */
export const leftOut = [
  'var/cache/apt/*',
  'var/lib/apt/lists/*',
  'var/log/*',
  'var/lib/postgresql/*',
  'etc/postgresql/*',
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/i18n',
  'usr/lib/*/libLLVM*',
  'usr/lib/*/libz3.so*',
  'usr/lib/postgresql/*/lib/bitcode',
  'usr/lib/postgresql/*/lib/llvmjit*',
]

/** A Debian to begin with: a release, and what debootstrap puts into it beside the essential packages. */
export interface Root {
  suite: Recipe['suite']
  packages: readonly string[]
}

/** What a PostgreSQL image begins with; contrib is part of Debian's server package. */
export function rootOf({ major, suite }: Recipe): Root {
  return { suite, packages: [`postgresql-${major}`, `postgresql-client-${major}`, 'procps', 'zstd'] }
}

/** Names the base of an image, and changes with what is in it. */
export function baseMark({ suite, packages }: Root): string {
  return `${suite}-${hash([packages, leftOut])}`
}

/** Changes whenever an image would come out different, so that a kept image of an older recipe is made anew. */
export function recipeMark(recipe: Recipe): string {
  return hash([baseMark(rootOf(recipe)), recipe, imageChanges(recipe), entrypoint])
}

/** A short name for a value. */
export function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
}

/** What the official image's configuration says too. */
export function imageChanges({ major }: Recipe): string[] {
  return [
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["postgres"]',
    `ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/lib/postgresql/${major}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    `ENV PG_MAJOR=${major}`,
    'ENV PGDATA=/var/lib/postgresql/data',
    'ENV LANG=C.UTF-8',
    'VOLUME /var/lib/postgresql/data',
    'EXPOSE 5432',
  ]
}
