import type { Violation } from './source.ts'

/** Codes without a row in an error table of these texts, or whose row lacks their HTTP status or exit code. */
export function undocumentedCodes(
  failures: Readonly<Record<string, { status: number; exit: number }>>,
  documents: readonly string[],
): Violation[] {
  const rows = documents
    .join('\n')
    .split('\n')
    .filter(line => line.trimStart().startsWith('|'))
  const why = 'README.md or wrangler-free.md lists every error code with its HTTP status and exit code'
  return Object.entries(failures)
    .filter(([code, { status, exit }]) => {
      const row = rows.find(text => text.includes(`\`${code}\``))
      const numbers = new Set(row?.match(/\d+/g))
      return !numbers.has(String(status)) || !numbers.has(String(exit))
    })
    .map(([code]) => ({ path: 'lib/errors.ts', line: 1, what: `${code} is in no error table`, why }))
}

/** Functions that the text never shows as `respaldo <name>`. */
export function undocumentedFunctions(names: readonly string[], readme: string): Violation[] {
  const why = 'README.md shows every function'
  return names
    .filter(name => !new RegExp(`respaldo ${name}\\b`).test(readme))
    .map(name => ({ path: `functions/${name}.ts`, line: 1, what: 'is not in README.md', why }))
}

/** Packages that have no row in the table of this text. */
export function undocumentedPackages(names: readonly string[], contributing: string): Violation[] {
  const why = 'CONTRIBUTING.md says of every package why it is there, who keeps it and under which licence'
  return names
    .filter(name => !contributing.includes(`\n| \`${name}\` |`))
    .map(name => ({ path: 'package.json', line: 1, what: `${name} is not in CONTRIBUTING.md`, why }))
}
