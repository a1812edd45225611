import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { collect, once } from '#lib/bytes'
import { systemClock } from '#lib/clock'
import { walked } from '#lib/postgres/walk'
import { chunkSizes } from '#lib/repository/chunker'
import { writeFrames } from '#lib/repository/frame-writer'
import { decodeIndex, encodeIndex } from '#lib/repository/index-file'
import { acquireLease } from '#lib/repository/lease'
import { databaseBackup } from '#lib/repository/manifest'
import { filesystemStore } from '#lib/store/filesystem'
import { readFull, readIndex } from './format-reader.ts'
import { copyIntact, facts, first, folderOf, openAt, readWhole, second, sha256 } from './frozen-repository.ts'

let root: string
beforeEach(async () => {
  root = await copyIntact()
})

describe('the frozen repository', () => {
  test('is opened by its marker, and lists its backups', async () => {
    const one = await openAt(root)
    expect(one.id).toBe(facts.repository)
    const { backups, damaged } = await one.catalog()
    expect(backups.map(({ id }) => id)).toEqual([second.id, first.id])
    expect(damaged).toEqual([])
    expect((await one.find('latest')).id).toBe(first.id)
    expect((await one.find('second')).scope).toEqual({ schemaOnly: true })
  })

  test.each([first, second])('gives back every byte of $id', async fact => {
    const one = await openAt(root)
    await readWhole(one, fact)
    const backup = await one.find(fact.id)
    const stored = await collect(one.contents(backup).zstd())
    expect(stored).toEqual(await readFile(join(root, folderOf(fact), fact.data)))
    expect(backup).toMatchObject({
      sizes: { raw: fact.rawBytes, stored: stored.length },
      chunks: { average: fact.average, count: fact.chunks },
    })
    const walk = walked(one.contents(backup).raw(), databaseBackup(backup).archive.format)
    await collect(walk.bytes)
    expect(walk.result()).toMatchObject({ complete: true, tables: fact.tables })
  })

  test.each([first, second])('is cut today as then: the index of $id', async fact => {
    const golden = await readFile(join(root, folderOf(fact), 'index'))
    expect(sha256(golden)).toBe(fact.indexSha256)
    const { frames } = decodeIndex(golden, 'index')
    expect(frames).toHaveLength(fact.frames)
    const one = await openAt(root)
    const raw = one.contents(await one.find(fact.id)).raw()
    const writer = writeFrames(raw, { sizes: chunkSizes(fact.average), level: 1 })
    const stored = await collect(writer.stored)
    const { index } = writer.result()
    const now = [...index.frames]
    expect(now.map(({ chunks }) => chunks)).toEqual([...frames].map(({ chunks }) => chunks))
    expect(now.reduce((sum, frame) => sum + frame.storedBytes, 0)).toBe(stored.length)
    // How small zstd makes a frame is its own business, and changes with its version.
    expect(encodeIndex({ ...index, frames }).equals(golden)).toBe(true)
    expect(sha256(readFull(stored, readIndex(encodeIndex(index))))).toBe(fact.rawSha256)
  })

  test('is written on: its lease goes on, a new backup lies beside the old ones', async () => {
    const one = await openAt(root)
    const holder = { host: 'here', pid: 1, startedAt: 'now', function: 'create' }
    const lease = await acquireLease(one.store, systemClock, {
      source: facts.source,
      run: 'r',
      holder,
      isAlive: () => undefined,
      wait: false,
      report: () => {},
    })
    const old = await one.find(first.id)
    const id = await one.newId(facts.source, { started: new Date(old.started), type: 'full', name: 'first' })
    expect(id).toBe(`${first.id}-2`)
    const draft = one.begin(facts.source, id)
    const written = await draft.data(one.contents(old).raw(), {
      format: 'custom',
      sourceBytes: old.sizes.raw,
    })
    await draft.commit(written, { ...old, id }, { tables: first.tables, globals: undefined }, () =>
      lease.assertHeld(),
    )
    const again = draft.commit(written, { ...old, id }, { tables: [], globals: undefined }, async () => {})
    await expect(again).rejects.toThrow('exists already')
    await lease.release()
    const leases = await Array.fromAsync(one.store.list(`leases/${facts.source}/`))
    expect(leases.map(key => key.slice(-17))).toEqual(['000000000002.json', '000000000003.json'])
    expect((await (await openAt(root)).catalog()).backups).toHaveLength(3)
    for (const fact of [first, second]) await readWhole(one, fact)
  })

  test('lets pass what it does not know', async () => {
    const store = filesystemStore({ root })
    await store.put('later/thing', once('x'))
    await store.put(`${folderOf(first)}/proofs/20260101T000000Z.json`, once('{}'))
    await store.put(`${folderOf(first)}/later`, once('x'))
    const one = await openAt(root)
    for (const fact of [first, second]) await readWhole(one, fact)
  })
})
