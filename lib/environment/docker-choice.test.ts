import { describe, expect, test } from 'vitest'
import { chooseContainer, chooseOnly, containerNotFound } from './docker-choice.ts'
import type { Listed } from './docker-engine.ts'
import type { Source } from './environment.ts'

const listed = [
  { id: 'dbdb00', name: 'pc_db', service: 'postgres' },
  { id: 'dbdb11', name: 'shop-db-1', service: 'db' },
  { id: 'ab0000', name: 'blog-web-1', service: 'web' },
  { id: 'cd0000', name: 'other-web-1', service: 'web' },
  { id: 'ef0000', name: 'abcd', service: undefined },
].map(one => ({ ...one, state: 'running', isCandidate: true })) satisfies Listed[]

const source = (container: string, more: Partial<Source> = {}): Source => ({
  id: container,
  kind: 'postgres',
  place: { environment: 'docker', container, database: 'd' },
  state: 'running',
  reason: '',
  ...more,
})

describe('a container is meant', () => {
  test.for([
    ['pc_db', 'pc_db'],
    ['/pc_db', 'pc_db'],
    ['postgres', 'pc_db'],
    ['db', 'shop-db-1'],
    ['dbdb1', 'shop-db-1'],
    ['abcd', 'abcd'],
    ['cd0000', 'other-web-1'],
  ] as const)('by %s', ([wanted, name]) => {
    expect(chooseContainer(wanted, listed)?.name).toBe(name)
  })

  test.for(['nothing', 'pc', 'dbd', ''])('by %j none is', wanted => {
    expect(chooseContainer(wanted, listed)).toBeUndefined()
  })

  test.for(['web', 'dbdb'])('by %s several are, which is refused with their names', wanted => {
    expect(() => chooseContainer(wanted, listed)).toThrow(expect.objectContaining({ code: 'input-invalid' }))
  })
})

describe('without a word', () => {
  const wrap = (...sources: Source[]) => sources.map(source => ({ source }))

  test('the only source is meant, none is not found, several are named', () => {
    expect(chooseOnly(wrap(source('a'))).source.id).toBe('a')
    expect(() => chooseOnly([])).toThrow(expect.objectContaining({ code: 'source-not-found' }))
    expect(() => chooseOnly(wrap(source('a'), source('b', { state: 'stopped' })))).toThrow(
      expect.objectContaining({ code: 'input-invalid', message: 'There are several sources: a, b, stopped' }),
    )
  })
})

test('what is not found names what there is, the likeliest first', () => {
  const sources = [source('redmine'), source('pg_db', { state: 'stopped' }), source('pc_db', { id: 'main' })]
  const { code, hint, context } = containerNotFound('pc_bd', sources)
  expect(code).toBe('source-not-found')
  expect(context).toEqual({ found: ['pc_db', 'pg_db', 'redmine'] })
  expect(hint).toBe('There are: pc_db (source main), pg_db, stopped, redmine.')
})
