import { posix } from 'node:path'
import type { Source } from './source.ts'
import { child, children, lineAt, type SyntaxNode, treeOf, walk } from './syntax.ts'

/** One import or re-export, static or not. */
export interface Import {
  /** As written, `*` for a part of it that is computed; undefined when nothing can be said. */
  specifier: string | undefined
  /** A path from the project's root, or a package's or Node module's name. */
  target: string | undefined
  /** Nothing is loaded at run time. */
  typeOnly: boolean
  line: number
}

/** What the file imports, types included. */
export function importsOf(source: Source): Import[] {
  return [...walk(treeOf(source))].flatMap(node => {
    const from = importedFrom(node)
    if (!from) return []
    const specifier = written(from)
    const target = specifier && resolve(source.path, specifier)
    return [{ specifier, target, typeOnly: isTypeOnly(node), line: lineAt(source, node.start) }]
  })
}

function importedFrom(node: SyntaxNode): SyntaxNode | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return child(node, 'source')
    default:
      return undefined
  }
}

/** The text, or for one of several files of a package its pattern: `package/folder/*`. */
function written(from: SyntaxNode): string | undefined {
  if (typeof from.value === 'string') return from.value
  if (from.type !== 'TemplateLiteral') return undefined
  const pattern = children(from, 'quasis').map(textOf).join('*')
  return /^(@[^*/]+\/)?[^.#*/][^*/]*\//.test(pattern) ? pattern : undefined
}

function textOf({ value }: SyntaxNode): string {
  return typeof value === 'object' && value !== null && 'cooked' in value ? String(value.cooked) : ''
}

/** `import { type A }` is not: when its types are stripped, an import of nothing remains, and loads the module. */
function isTypeOnly(node: SyntaxNode): boolean {
  return node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type'
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  if (specifier === '#functions') return 'functions/index.ts'
  if (specifier === '#functions/table') return 'functions/table.ts'
  return specifier.startsWith('#lib/') ? `lib/${specifier.slice('#lib/'.length)}.ts` : specifier
}
