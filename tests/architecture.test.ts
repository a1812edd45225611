import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failures } from '#lib/errors'
import { docCommentViolations } from './architecture/comments.ts'
import {
  undocumentedCodes,
  undocumentedFunctions,
  undocumentedPackages,
} from './architecture/documentation.ts'
import { commentViolations, expressionViolations } from './architecture/expressions.ts'
import { bannedModuleViolations, layerViolations, pathViolations } from './architecture/layers.ts'
import { nameViolations } from './architecture/names.ts'
import { report, root, sources } from './architecture/source.ts'

const files = await sources('{functions,lib,runner,demo,tests}/**/*.ts')
const text = (path: string) => readFile(join(root, path), 'utf8').catch(() => '')

test('there is something to look at', () => {
  const folders = new Set(files.map(({ path }) => path.split('/')[0]))
  expect([...folders]).toEqual(['demo', 'functions', 'lib', 'runner', 'tests'])
})

test.for([
  { rule: 'each file imports only what its layer may', violations: layerViolations },
  { rule: 'nobody imports a banned module', violations: bannedModuleViolations },
  { rule: 'imports are written in one way', violations: pathViolations },
  {
    rule: 'time, variables and output have one place each, and nothing is any',
    violations: expressionViolations,
  },
  { rule: 'no check is switched off', violations: commentViolations },
  { rule: 'files are named after an idea, in kebab-case', violations: nameViolations },
  { rule: 'every export of lib and functions has a doc comment', violations: docCommentViolations },
])('$rule', ({ violations }) => {
  expect(report(files.flatMap(violations))).toBe('')
})

test('every error code is in an error table', async () => {
  const documents = await Promise.all(['README.md', 'wrangler-free.md'].map(text))
  expect(report(undocumentedCodes(failures, documents))).toBe('')
})

test('every function is in README.md', async () => {
  const { functions } = await import('#functions')
  expect(report(undocumentedFunctions(Object.keys(functions), await text('README.md')))).toBe('')
})

test('every package is in CONTRIBUTING.md', async () => {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } })
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(report(undocumentedPackages(names, await text('CONTRIBUTING.md')))).toBe('')
})
