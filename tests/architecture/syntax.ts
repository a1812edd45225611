import { parseAst } from 'vitest/node'
import type { Source } from './source.ts'

/** A node of the ESTree with its types. */
export interface SyntaxNode {
  type: string
  start: number
  end: number
  [property: string]: unknown
}

const trees = new WeakMap<Source, SyntaxNode>()

/** The file's tree, parsed once. Throws with the file's name where the text is no TypeScript. */
export function treeOf(source: Source): SyntaxNode {
  const known = trees.get(source)
  if (known) return known
  const tree = parse(source)
  trees.set(source, tree)
  return tree
}

function parse({ path, text }: Source): SyntaxNode {
  try {
    const tree: unknown = parseAst(text, { lang: 'ts' }, path)
    if (isNode(tree)) return tree
  } catch (cause) {
    throw new Error(`${path} is no TypeScript: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  throw new Error(`${path} has no syntax tree`)
}

/** The node and all below it, in no promised order. */
export function* walk(node: SyntaxNode): Generator<SyntaxNode> {
  yield node
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child)
  }
}

/** The child of that name, if it is a node. */
export function child(node: SyntaxNode, property: string): SyntaxNode | undefined {
  const value = node[property]
  return isNode(value) ? value : undefined
}

/** The children of that name that are nodes. */
export function children(node: SyntaxNode, property: string): SyntaxNode[] {
  const value = node[property]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** Counted from 1. */
export function lineAt(source: Source, offset: number): number {
  return source.text.slice(0, offset).split('\n').length
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
