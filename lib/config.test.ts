import { expect, test } from 'vitest'
import { chosenDatabases, meantSource, parseConfig, parseLayer, parseLayers } from './config.ts'
import type { RespaldoError } from './errors.ts'

const parsed = (source: string) =>
  parseConfig(`sources: [{ environment: docker, ${source} }]`, 'the file').sources![0]!

test.each([
  ['databases: all', {}],
  ['databases: { include: [shop*], exclude: [shop_test] }', { include: ['shop*'], exclude: ['shop_test'] }],
  ['database: shop', undefined],
])('a source with %s means the databases %j', (text, expected) => {
  expect(chosenDatabases(parsed(text))).toEqual(expected)
})

test.each([
  ['databases: some', 'sources.0.databases: has to be all, or an object of lists include and exclude'],
  ['databases: { only: [a] }', 'sources.0.databases.only: is not known'],
  ['databases: { include: [] }', 'sources.0.databases.include: Too small'],
  ['databases: all, database: shop', 'database and databases exclude each other'],
])('a source with %s is refused', (text, message) => {
  expect(() => parsed(text)).toThrow(message)
})

test('the source that is meant is the one of the name, or the only one', () => {
  const shop = { name: 'shop', environment: 'docker' as const }
  const wiki = { name: 'wiki', environment: 'docker' as const }
  expect(meantSource({ sources: [shop, wiki] }, 'wiki')).toBe(wiki)
  expect(meantSource({ sources: [shop, wiki] }, undefined)).toBeUndefined()
  expect(meantSource({ sources: [shop] }, undefined)).toBe(shop)
  expect(meantSource({ sources: [shop] }, 'pc_db')).toBeUndefined()
  expect(meantSource({}, undefined)).toBeUndefined()
})

const problems = (...files: [string, ...string[]]): string[] => {
  try {
    parseLayers(files.map((text, index) => parseLayer(text, `file${index}`)))
  } catch (error) {
    return (error as RespaldoError).context!.problems as string[]
  }
  return []
}

test('every problem is told at once, with its file, its path, and the name that was meant', () => {
  expect(
    problems(
      'retenion: {}\ntimeZone: Mars/Phobos\nretention: { dialy: 1, weekly: 2 }',
      'retention: { weekly: -1 }',
    ),
  ).toEqual([
    'file0: timeZone: is not a time zone such as Europe/Madrid',
    expect.stringMatching(/^file1: retention.weekly: Too small/),
    'file0: retention.dialy: is not known; did you mean daily?',
    'file0: retenion: is not known; did you mean retention?',
  ])
  expect(problems('schedules: { a: { every: daily, enabld: true } }')).toEqual([
    'file0: schedules.a.enabld: is not known; did you mean enabled?',
  ])
})

test('a name that nothing is near gets no other for an answer', () => {
  expect(problems('something: {}')).toEqual(['file0: something: is not known'])
})

test('a later file is laid over an earlier one: objects are merged, lists and values replaced', () => {
  const layers = [
    'retention: { daily: 3, weekly: 2 }\nhosts: [a, b]\nprofile: staging\nschedules: { s: { every: hourly } }',
    'retention: { daily: 30 }\nhosts: [c]\nprofile:\nschedules: { s: { enabled: false } }',
    '',
  ]
  expect(parseLayers(layers.map(text => parseLayer(text, 'file')))).toEqual({
    retention: { daily: 30, weekly: 2 },
    hosts: ['c'],
    profile: 'staging',
    schedules: { s: { every: 'hourly', enabled: false } },
  })
})

test.each([
  ['scratch: { url: "postgres://tester:hunter2@host/db" }', 'scratch.url: the address holds a password'],
  [
    'sources: [{ environment: direct, url: "postgresql://:hunter2@/db" }]',
    'sources.0.url: the address holds a password',
  ],
  ['anything: { apiKey: hunter2 }', 'anything.apiKey: a secret does not stand in the configuration'],
  ['list: [{ smtpPassword: hunter2 }]', 'list.0.smtpPassword: a secret does not stand in the configuration'],
  [
    'headers: { Authorization: Bearer hunter2 }',
    'headers.Authorization: a secret does not stand in the configuration',
  ],
])('a secret in the file is refused and not repeated: %s', (text, message) => {
  const found = problems(text)
  expect(found.join('\n')).toContain(message)
  expect(found.join('\n')).not.toContain('hunter2')
})

test('what only looks like a secret is none', () => {
  expect(problems('scratch: { url: "postgres://tester@host:5432/db?a=b:c@d" }')).toEqual([])
  expect(problems('schedules: { s: { every: daily, input: { rolePasswords: true } } }')).toEqual([])
})

test.each([
  ['{}', 'schedules.s: needs either every or cron'],
  ['{ every: daily, cron: "0 2 * * *" }', 'schedules.s: needs either every or cron'],
  ['{ every: dayly }', 'schedules.s.every: has to be hourly, daily,'],
  ['{ cron: "61 * * * *" }', 'schedules.s.cron: is no cron pattern: '],
  ['{ cron: "* * * * * * 2030" }', 'schedules.s.cron: is no cron pattern: '],
  ['{ cron: "0 0 31 2 *" }', 'schedules.s.cron: never comes'],
  ['{ every: daily, timeZone: Mars/Phobos }', 'schedules.s.timeZone: is not a time zone'],
  ['{ every: daily, jitterSeconds: -1 }', 'schedules.s.jitterSeconds: Too small'],
])('a schedule %s is refused', (text, message) => {
  expect(problems(`schedules: { s: ${text} }`).join('\n')).toContain(message)
})

test("a schedule's name becomes a path", () => {
  expect(problems('schedules: { "../x": { every: daily } }')).toHaveLength(1)
})
