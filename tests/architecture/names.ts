import { emptyEndings, emptyNames } from './rules.ts'
import type { Source, Violation } from './source.ts'

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?$/

/** Files and folders that are not named in kebab-case, or after no idea. */
export function nameViolations({ path }: Source): Violation[] {
  const names = path.replace(/\.ts$/, '').split('/')
  const violation = (what: string, why: string): Violation[] => [{ path, line: 1, what, why }]
  return names.flatMap(name => {
    if (!kebabCase.test(name)) return violation(`is named ${name}`, 'names are in kebab-case')
    const empty = emptyWord(name.replace(/\.test$/, ''))
    return empty ? violation(`is named ${name}`, `"${empty}" says nothing; name it after what is in it`) : []
  })
}

function emptyWord(name: string): string | undefined {
  return emptyNames.find(word => name === word) ?? emptyEndings.find(word => name.endsWith(`-${word}`))
}
