import { describe, expect, test } from 'vitest'
import { docCommentViolations } from './comments.ts'
import { undocumentedCodes, undocumentedFunctions, undocumentedPackages } from './documentation.ts'
import { commentViolations, expressionViolations } from './expressions.ts'
import { bannedModuleViolations, layerViolations, pathViolations } from './layers.ts'
import { nameViolations } from './names.ts'
import { report } from './source.ts'

describe('layers', () => {
  test.for([
    ['lib/postgres/dump.ts', "import { dockerEnvironment } from '../environment/docker.ts'"],
    ['lib/postgres/dump.ts', "import type { DockerOptions } from '../environment/docker.ts'"],
    ['lib/postgres/restore/swap.ts', "import { readFile } from 'node:fs/promises'"],
    ['lib/repository/writer.ts', "import { filesystemStore } from '../store/filesystem.ts'"],
    ['lib/repository/writer.ts', "export * from '../store/filesystem.ts'"],
    ['lib/repository/writer.ts', "const { filesystemStore } = await import('../store/filesystem.ts')"],
    ['lib/repository/writer.ts', "let store: import('../store/filesystem.ts').Options"],
    ['lib/retention/plan.ts', "import { Hono } from 'hono'"],
    ['lib/strategy/choose.ts', 'await import(name)'],
    ['lib/store/filesystem.ts', `await import(\`./\${name}.ts\`)`],
    ['lib/store/filesystem.ts', `await import(\`@electric-sql/\${name}\`)`],
    ['lib/store/filesystem.ts', `await import(\`\${name}/index.js\`)`],
    ['lib/postgres/dump.ts', "import { functions } from '../../functions/index.ts'"],
    ['lib/store/filesystem.ts', "import { memoryStore } from './memory.ts'"],
    ['lib/store/filesystem.ts', "import { parseManifest } from '../repository/manifest.ts'"],
    ['lib/environment/docker-exec.ts', "import { open } from './direct.ts'"],
    ['lib/environment/direct.ts', "import Docker from 'dockerode'"],
    ['lib/environment/process.ts', "import { docker } from './docker.ts'"],
    ['lib/environment/detect.ts', "import { docker } from './docker.ts'"],
    ['lib/environment/detect.ts', "import { existsSync } from 'node:fs'"],
    ['lib/errors.ts', "import { parseConfig } from './config.ts'"],
    ['lib/http/answers.ts', "import { createServer } from 'node:http'"],
    ['lib/http/answers.ts', "import { openServices } from '../services.ts'"],
    ['lib/services.ts', "import { main } from '../runner/main.ts'"],
    ['functions/create.ts', "import { join } from 'node:path'"],
    ['functions/create.ts', "import { restore } from './restore.ts'"],
    ['functions/create.ts', "import { openServices } from '#lib/services'"],
    ['functions/create.ts', "import { type Services } from '#lib/services'"],
    ['functions/create.ts', "import { docker } from '#lib/environment/docker'"],
    ['functions/create.ts', "import { invoke } from '../runner/invoke.ts'"],
    ['functions/index.ts', "import type { Services } from '#lib/services'"],
    ['runner/cli.ts', "import { create } from '../functions/create.ts'"],
    ['runner/cli.ts', "import { docker } from '#lib/environment/docker'"],
    ['runner/cli.ts', "import { openRepository } from '#lib/repository/repository'"],
    ['runner/cli.ts', "import { seed } from '../demo/schema.ts'"],
    ['runner/dashboard/page.ts', "import type { Services } from '#lib/services'"],
    ['demo/app.ts', "import { openRepository } from '#lib/repository/repository'"],
    ['demo/app.ts', "import { main } from '../runner/main.ts'"],
    ['lib/repository/writer.ts', "import { fake } from '../../tests/doubles/clock.ts'"],
    ['lib/notes.ts', ''],
  ])('%s may not: %s', ([path = '', text = '']) => {
    expect(layerViolations({ path, text })).toHaveLength(1)
  })

  test.for([
    ['lib/postgres/dump.ts', "import type { Shell } from '../environment/environment.ts'"],
    ['lib/repository/writer.ts', "import { createHash } from 'node:crypto'"],
    ['lib/environment/docker.ts', "import Docker from 'dockerode'"],
    [
      'lib/environment/docker.ts',
      "import { exec } from './docker-exec.ts'\nimport { run } from './process.ts'",
    ],
    ['lib/environment/embedded.ts', `await import(\`@electric-sql/pglite/contrib/\${name}\`)`],
    ['lib/environment/embedded.ts', "import type { Database } from '../postgres/database.ts'"],
    ['lib/services.ts', "import { docker } from './environment/docker.ts'"],
    ['functions/create.ts', "import type { Services } from '#lib/services'"],
    ['functions/index.ts', "import { create } from './create.ts'"],
    ['runner/cli.ts', "import { functions } from '#functions'"],
    ['runner/demo.ts', "import { seed } from '../demo/schema.ts'"],
    ['lib/postgres/dump.test.ts', "import { fake } from '../../tests/doubles/clock.ts'"],
    ['lib/strategy/choose.ts', "// import { Hono } from 'hono'\nexport const text = \"import 'hono'\""],
  ])('%s may: %s', ([path = '', text = '']) => {
    expect(report(layerViolations({ path, text }))).toBe('')
  })

  test('names file, line, offender and reason', () => {
    const text = "import { once } from '../bytes.ts'\n\nimport Docker from 'dockerode'\n"
    expect(report(layerViolations({ path: 'lib/postgres/dump.ts', text }))).toBe(
      'lib/postgres/dump.ts:3 imports dockerode, which the domain may not: ' +
        'the domain reaches the world through interfaces only: no driver, no hono, no files, no processes',
    )
  })
})

test.for([
  "import { stream } from 'hono/streaming'",
  "export { stream } from 'hono/streaming'",
  "await import('hono/streaming')",
  "import { env } from 'node:process'",
  "import console from 'console'",
])('banned module: %s', text => {
  expect(bannedModuleViolations({ path: 'runner/server.ts', text })).toHaveLength(1)
})

test.for([
  ['lib/repository/open.ts', "import type { Store } from '#lib/store/store'"],
  ['runner/cli.ts', "import type { Store } from '../lib/store/store.ts'"],
])('%s is not to write: %s', ([path = '', text = '']) => {
  expect(pathViolations({ path, text })).toHaveLength(1)
})

describe('expressions', () => {
  test.for([
    'const now = new Date()',
    'const now = new Date',
    'const now = Date()',
    'const now = Date.now()',
    'const read = Date.now',
    'const now = globalThis.Date.now()',
    'const { env } = process',
    'const home = process.env.HOME',
    "const home = process['env'].HOME",
    'const home = globalThis.process.env.HOME',
    'console.log(1)',
    'let value: any',
    'function f<T = any>(value: T) {}',
  ])('banned in a function: %s', text => {
    expect(expressionViolations({ path: 'functions/create.ts', text })).toHaveLength(1)
  })

  test.for([
    ['functions/create.ts', 'const then = new Date(0)'],
    [
      'functions/create.ts',
      '// new Date(), any, console.log\nconst text = "process.env" + /console.log/.source',
    ],
    ['functions/create.ts', 'const time: Date = clock.now()'],
    ['lib/clock.ts', 'const now = new Date()'],
    ['runner/main.ts', 'const home = process.env.HOME'],
    ['runner/render-table.ts', 'console.log(1)'],
    ['lib/bytes.test.ts', 'const now = process.env.CI && Date.now()'],
  ])('%s may say: %s', ([path = '', text = '']) => {
    expect(report(expressionViolations({ path, text }))).toBe('')
  })

  test('nothing is any in tests either', () => {
    expect(expressionViolations({ path: 'lib/bytes.test.ts', text: 'let value: any' })).toHaveLength(1)
  })
})

test.for(['// @ts-ignore', '/* @ts-expect-error: later */', '// biome-ignore lint: later'])(
  'no check is off: %s',
  text => {
    expect(commentViolations({ path: 'lib/bytes.ts', text })).toHaveLength(1)
  },
)

test.for([
  'lib/utils.ts',
  'lib/service.ts',
  'lib/helpers/walk.ts',
  'lib/repository/backup-manager.ts',
  'lib/postgres/types.ts',
  'lib/http/common.test.ts',
  'lib/openStore.ts',
  'lib/Store.ts',
  'lib/open_store.ts',
])('named badly: %s', path => {
  expect(nameViolations({ path, text: '' })).toHaveLength(1)
})

test.for([
  'lib/services.ts',
  'lib/environment/direct-service.ts',
  'lib/store/filesystem.test.ts',
  'tests/e2e/s3-store.test.ts',
])('named well: %s', path => {
  expect(report(nameViolations({ path, text: '' }))).toBe('')
})

describe('doc comments', () => {
  test.for([
    'export const a = 1',
    '// Not one.\nexport const a = 1',
    '/* Not one. */\nexport function a() {}',
    '/** Of b. */\nconst b = 1\nexport type A = typeof b',
    'export default function () {}',
    'export interface A {}',
    'export class A {}',
  ])('missing: %s', text => {
    expect(docCommentViolations({ path: 'lib/bytes.ts', text })).toHaveLength(1)
  })

  test.for([
    '/** One. */\nexport const a = 1',
    '/**\n * One.\n */\nexport async function* a() {}',
    '/** One. */\nexport function a(): void\nexport function a(b?: string) {}',
    "export { a } from './a.ts'\nexport * from './b.ts'",
    'const inner = 1',
  ])('enough: %s', text => {
    expect(report(docCommentViolations({ path: 'functions/create.ts', text }))).toBe('')
  })
})

test('an error code needs a row with its numbers, not a mention', () => {
  const failure = { status: 500, exit: 1 }
  const documents = ['`mentioned` 500 1\n| `wrong` | 500 | 2 |\n| `internal`, `other` | 500 | 1 |']
  const found = undocumentedCodes(
    { mentioned: failure, wrong: failure, internal: failure, other: failure },
    documents,
  )
  expect(found.map(({ what }) => what)).toEqual([
    'mentioned is in no error table',
    'wrong is in no error table',
  ])
})

test('a function is shown by its command', () => {
  expect(
    undocumentedFunctions(['create', 'list'], 'Run `respaldo create`, then list').map(({ path }) => path),
  ).toEqual(['functions/list.ts'])
})

test('a package needs a row of its own', () => {
  const text = 'zod and hono\n| `hono` | why |\n| `@types/node` | why |'
  expect(undocumentedPackages(['zod', 'hono', 'node'], text).map(({ what }) => what)).toEqual([
    'zod is not in CONTRIBUTING.md',
    'node is not in CONTRIBUTING.md',
  ])
})
