import { describe, expect, test } from 'vitest'
import type { DatabaseManifest } from './manifest.ts'
import { findServerRun, serverName, serverRuns } from './server-runs.ts'

const backup = (run: string, database: string, more: Partial<DatabaseManifest> = {}): DatabaseManifest =>
  ({
    id: `${run}-${database}`,
    source: {
      id: `pc.${database}`,
      kind: 'postgres',
      place: { environment: 'docker', container: 'pc', database },
    },
    kind: 'regular',
    scope: {},
    started: `2025-04-0${run}T02:00:00.000Z`,
    serverRun: { id: run, databases: 2 },
    ...more,
  }) as DatabaseManifest

const elsewhere = (run: string) =>
  backup(run, 'wiki', {
    source: {
      id: 'direct.db.wiki',
      kind: 'postgres',
      place: { environment: 'direct', host: 'db', database: 'wiki' },
    },
  })
const { serverRun: _, ...alone } = backup('9', 'shop')
const one = [backup('1', 'shop'), backup('1', 'crm')]
const two = [backup('2', 'shop', { name: 'noche' })]

test('runs are newest first, each with its backups by database', () => {
  const runs = serverRuns([...two, alone as DatabaseManifest, ...one])
  expect(runs.map(({ id, databases }) => [id, databases])).toEqual([
    ['2', 2],
    ['1', 2],
  ])
  expect(runs[1]!.backups.map(({ source }) => source.place.database)).toEqual(['crm', 'shop'])
})

describe('the run that is meant', () => {
  test.each([
    [undefined, '2'],
    ['latest', '2'],
    ['1', '1'],
    ['noche', '2'],
  ])('is by %s the run %s', (reference, id) => {
    expect(findServerRun([...one, ...two], reference).id).toBe(id)
  })

  test('is by latest none of parts of databases', () => {
    const parts = [backup('3', 'shop', { scope: { schemaOnly: true } })]
    expect(findServerRun([...parts, ...one]).id).toBe('1')
    expect(findServerRun([...parts, ...one], '3').id).toBe('3')
  })

  test('is by latest of the only server, or of that which has the source', () => {
    const both = [...one, elsewhere('3')]
    expect(() => findServerRun(both)).toThrow('several servers: db, pc')
    expect(findServerRun(both, 'latest', 'pc.crm').id).toBe('1')
    expect(findServerRun(both, 'latest', 'direct.db.wiki').id).toBe('3')
  })

  test('is an error when there is none, or several of that name', () => {
    expect(() => findServerRun([alone as DatabaseManifest])).toThrow('There is no backup of a whole server')
    expect(() => findServerRun(one, '9')).toThrow('There is no run 9')
    const again = backup('4', 'shop', { name: 'noche' })
    expect(() => findServerRun([...two, again], 'noche')).toThrow('Several runs are called noche')
  })
})

test.each([
  [{ container: 'pc' }, 'pc'],
  [{ host: 'db' }, 'db'],
  [{ host: 'db', port: 5432 }, 'db'],
  [{ host: 'db', port: 6432 }, 'db:6432'],
  [{ port: 6432 }, 'localhost:6432'],
  [{}, 'localhost'],
])('the server of %j is called %s', (place, name) => {
  expect(serverName({ environment: 'direct', database: 'd', ...place })).toBe(name)
})
