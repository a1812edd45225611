import type { Source, Violation } from './source.ts'
import { child, children, lineAt, type SyntaxNode, treeOf } from './syntax.ts'

const why = 'one sentence above it says what the signature cannot: guarantee, order, unit, failure, source'

/** Exported declarations of lib and functions without a doc comment. A re-export is documented where it is declared. */
export function docCommentViolations(source: Source): Violation[] {
  if (!/^(lib|functions)\//.test(source.path) || source.path.endsWith('.test.ts')) return []
  const statements = children(treeOf(source), 'body')
  const documented = new Set<string>()
  return statements.flatMap(statement => {
    const names = exportedNames(statement)
    if (hasDocComment(source, statement)) for (const name of names) documented.add(name)
    // Overloads are documented by their first signature.
    return names.filter(name => !documented.has(name)).map(name => undocumented(source, statement, name))
  })
}

function undocumented(source: Source, { start }: SyntaxNode, name: string): Violation {
  return {
    path: source.path,
    line: lineAt(source, start),
    what: `exports ${name} without a doc comment`,
    why,
  }
}

function exportedNames(statement: SyntaxNode): string[] {
  if (statement.type === 'ExportDefaultDeclaration') return ['default']
  const declaration =
    statement.type === 'ExportNamedDeclaration' ? child(statement, 'declaration') : undefined
  if (!declaration) return []
  const declared = [declaration, ...children(declaration, 'declarations')]
  return declared.flatMap(one => child(one, 'id')?.name ?? []).map(String)
}

function hasDocComment({ text }: Source, { start }: SyntaxNode): boolean {
  const before = text.slice(0, start).trimEnd()
  return before.endsWith('*/') && before.startsWith('/**', before.lastIndexOf('/*'))
}
