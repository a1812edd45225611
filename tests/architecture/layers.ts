import { posix } from 'node:path'
import { type Import, importsOf } from './imports.ts'
import { bannedModules, type Layer, layers } from './rules.ts'
import { isTest, type Source, type Violation } from './source.ts'

/** True when one of the globs fits. */
export function fits(path: string, globs: readonly string[]): boolean {
  return globs.some(glob => posix.matchesGlob(path, glob))
}

/** Imports that the file's layer does not allow, and a file without a layer. Tests may import what they test. */
export function layerViolations(source: Source): Violation[] {
  if (isTest(source)) return []
  const layer = layers.find(({ files }) => fits(source.path, files))
  if (!layer) return [unplaced(source.path)]
  return importsOf(source).flatMap(found => {
    if (isAllowed(found, layer)) return []
    const what = `imports ${found.specifier ?? 'what is computed'}, which ${layer.name} may not`
    return [{ path: source.path, line: found.line, what, why: layer.why }]
  })
}

function isAllowed({ target, typeOnly }: Import, { may, mayType = [], never = [] }: Layer): boolean {
  if (target === undefined || fits(target, never)) return false
  return fits(target, may) || (typeOnly && fits(target, mayType))
}

function unplaced(path: string): Violation {
  const why = 'give it a place in tests/architecture/rules.ts, which says who may import whom'
  return { path, line: 1, what: 'belongs to no layer', why }
}

/** Imports of modules that nobody may use. */
export function bannedModuleViolations(source: Source): Violation[] {
  return importsOf(source).flatMap(({ target, specifier, line }) =>
    bannedModules
      .filter(({ module }) => target !== undefined && fits(target, [module]))
      .filter(({ except }) => !fits(source.path, except))
      .map(({ why }) => ({ path: source.path, line, what: `imports ${specifier}`, why })),
  )
}

/** Ways of writing an import: relative within lib and within a folder, `#lib/` from everywhere else. */
export function pathViolations(source: Source): Violation[] {
  const inLib = source.path.startsWith('lib/')
  return importsOf(source).flatMap(({ specifier = '', target = '', line }) => {
    const violation = (why: string) => [{ path: source.path, line, what: `imports ${specifier}`, why }]
    if (inLib && specifier.startsWith('#lib/')) return violation('inside lib imports are relative')
    if (!inLib && specifier.startsWith('.') && target.startsWith('lib/')) {
      return violation('from outside, lib is imported as #lib/…')
    }
    return []
  })
}
