import { expect, test } from 'vitest'
import { emptyServices } from '../../tests/doubles/services.ts'
import { stillServer } from '../../tests/doubles/still-database.ts'
import { RespaldoError } from '../errors.ts'
import { silent } from '../events.ts'
import type { Database } from '../postgres/database.ts'
import type { Located } from '../services.ts'
import { createdServer } from './created-server.ts'

/** A server whose database `broken` cannot be asked; it counts how often its roles are read. */
async function server(names: readonly string[]) {
  const still = stillServer()
  const asked = { globals: 0 }
  const locate = async (name: string): Promise<Located> => {
    const one = await still.locate({ source: name })
    const database: Database = {
      ...one.database,
      ...(name === 'broken' ? { inspect: () => Promise.reject(unreachable) } : {}),
      globals: (...given) => {
        asked.globals += 1
        return one.database.globals(...given)
      },
      server: () => ({
        databases: async () => names.map(name => ({ name, open: true })),
        missingRoles: async () => [],
        createRoles: async () => {},
      }),
    }
    return { ...one, database, beside: locate }
  }
  return { asked, located: await locate('postgres') }
}

const unreachable = new RespaldoError('source-unreachable', 'It does not answer')
const request = { asked: 'auto' as const, scope: {} }
const opened = () => ({ services: emptyServices(), report: silent, signal: new AbortController().signal })

test('roles are read once for all, and kept with each', async () => {
  const { asked, located } = await server(['crm', 'shop', 'wiki'])
  const context = opened()
  const repository = await context.services.repository({ create: true })
  const { databases, serverRun } = await createdServer(request, {}, context, { located, repository })
  expect(asked.globals).toBe(1)
  expect(databases.map(({ backup }) => [backup.source.id, backup.serverRun])).toEqual(
    ['crm', 'shop', 'wiki'].map(name => [name, { id: serverRun, databases: 3 }]),
  )
  for (const { backup } of databases)
    expect(await repository.contents(backup).globals()).toBe('CREATE ROLE app;\n')
})

test('the backups beside one that failed stay, and know of how many they are', async () => {
  const { located } = await server(['broken', 'shop'])
  const context = opened()
  const repository = await context.services.repository({ create: true })
  const running = createdServer(request, {}, context, { located, repository })
  await expect(running).rejects.toMatchObject({ code: 'source-unreachable' })
  const [newest] = (await repository.catalog('shop')).backups
  expect(newest).toMatchObject({ serverRun: { databases: 2 } })
  expect((await repository.catalog('broken')).backups).toEqual([])
})
