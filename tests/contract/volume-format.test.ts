import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { collect } from '#lib/bytes'
import { systemClock } from '#lib/clock'
import { openRepository } from '#lib/repository/repository'
import { openVerification } from '#lib/repository/verification'
import { filesystemStore } from '#lib/store/filesystem'
import { volumeWalker } from '#lib/volumes/volume-walker'
import { onlookerBy } from '#lib/walker'
import { readFull, readIndex, readManifest } from './format-reader.ts'

const vectors = new URL('../vectors/', import.meta.url)
const root = new URL('repositories/volume/', vectors)
const tar = await readFile(new URL('tars/engine-20.10.tar', vectors))

test('the frozen backup of a volume is read as it was, by this code', async () => {
  const one = await openRepository(filesystemStore({ root: root.pathname }), systemClock, { create: false })
  const backup = await one.find('first')
  expect(backup).toMatchObject({
    source: { id: 'volume.app', kind: 'volume', place: { environment: 'docker', volume: 'app' } },
    archive: { format: 'tar' },
    totals: { entries: 35, bytes: 1589 },
  })
  expect((await collect(one.contents(backup).raw())).equals(tar)).toBe(true)
  const walk = onlookerBy(volumeWalker())
  const { signal } = new AbortController()
  const { check } = openVerification(one.store, [backup], { report: () => {}, signal })
  expect(await check(backup, walk.watch)).toEqual({ problems: [], stray: [] })
  expect(walk.end()).toMatchObject({
    entries: 35,
    bytes: 1589,
    tables: await one.contents(backup).tables(),
  })
})

test('and by FORMAT.md alone', async () => {
  const folder = new URL('sources/volume.app/20261125T110625Z-full-first/', root)
  const file = (name: string) => readFile(new URL(name, folder))
  const manifest = readManifest((await file('manifest.json')).toString())
  expect(manifest).toMatchObject({ objects: { data: { name: 'volume.tar.zst' } } })
  expect(readFull(await file('volume.tar.zst'), readIndex(await file('index'))).equals(tar)).toBe(true)
})
