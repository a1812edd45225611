import { fits } from './layers.ts'
import { bannedComments, bannedExpressions } from './rules.ts'
import { isTest, type Source, type Violation } from './source.ts'
import { child, children, lineAt, type SyntaxNode, treeOf, walk } from './syntax.ts'

type Expression = (typeof bannedExpressions)[number]['expression']

/** Uses of what only some files may use; `any` also in tests. */
export function expressionViolations(source: Source): Violation[] {
  return [...walk(treeOf(source))].flatMap(node => {
    const found = expressionAt(node)
    const rule = bannedExpressions.find(({ expression }) => expression === found)
    if (!rule || fits(source.path, rule.except) || (isTest(source) && found !== 'any')) return []
    const what = `contains \`${firstLine(source.text.slice(node.start, node.end))}\``
    return [{ path: source.path, line: lineAt(source, node.start), what, why: rule.why }]
  })
}

function expressionAt(node: SyntaxNode): Expression | undefined {
  if (node.type === 'TSAnyKeyword') return 'any'
  if (readsTime(node)) return 'the time of day'
  if (readsEnvironment(node)) return 'process.env'
  if (node.type === 'MemberExpression' && isGlobal(child(node, 'object'), 'console')) return 'console'
  return undefined
}

/** `new Date()`, `Date()`, `Date.now`; a date made of a value is none. */
function readsTime(node: SyntaxNode): boolean {
  if (node.type === 'MemberExpression')
    return isGlobal(child(node, 'object'), 'Date') && propertyOf(node) === 'now'
  if (!isGlobal(child(node, 'callee'), 'Date')) return false
  return node.type === 'CallExpression' || children(node, 'arguments').length === 0
}

/** `process.env` and `const { env } = process`. */
function readsEnvironment(node: SyntaxNode): boolean {
  if (node.type === 'MemberExpression')
    return isGlobal(child(node, 'object'), 'process') && propertyOf(node) === 'env'
  if (node.type !== 'VariableDeclarator' || !isGlobal(child(node, 'init'), 'process')) return false
  const pattern = child(node, 'id')
  return !!pattern && children(pattern, 'properties').some(property => child(property, 'key')?.name === 'env')
}

/** The name itself or as a property of `globalThis`. */
function isGlobal(node: SyntaxNode | undefined, name: string): boolean {
  if (node?.type === 'Identifier') return node.name === name
  if (node?.type !== 'MemberExpression' || propertyOf(node) !== name) return false
  return child(node, 'object')?.name === 'globalThis'
}

function propertyOf(member: SyntaxNode): unknown {
  const property = child(member, 'property')
  return member.computed ? property?.value : property?.name
}

/** Comments that silence a check. The rules' own tests quote them. */
export function commentViolations(source: Source): Violation[] {
  if (source.path.startsWith('tests/architecture/')) return []
  return source.text.split('\n').flatMap((text, index) => {
    const found = bannedComments.pattern.exec(text)?.[0]
    if (!found) return []
    return [{ path: source.path, line: index + 1, what: `contains \`${found}\``, why: bannedComments.why }]
  })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
