import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bytes, collect, drain, once } from '#lib/bytes'
import type { Maker, VolumePlace } from '#lib/environment/environment'
import { RespaldoError } from '#lib/errors'
import { fingerprintOf } from '#lib/volumes/fingerprint'
import { compareFingerprints } from '#lib/volumes/fingerprint-compare'
import type { Volumes } from '#lib/volumes/volume'
import { describeVolume, everythingInVolume } from '../fixtures/volume.ts'
import { watchMemory } from './memory-watch.ts'

/** A driver with three volumes, and how a test reaches into them. */
export interface VolumesUnderTest {
  volumes: Volumes
  maker: Maker
  /** Each is there and may hold anything. */
  places: Readonly<Record<'origin' | 'copy' | 'other', VolumePlace>>
  /** Runs a script by `sh -e` as root in the folder of a volume, and returns its output. */
  inside(key: 'origin' | 'copy' | 'other', script: string): Promise<Buffer>
  /** Names of what the driver made for itself and has not removed. */
  own(): Promise<readonly string[]>
  close(): Promise<void>
}

/** What every driver of volumes has to do. */
export function volumesContract(name: string, open: () => Promise<VolumesUnderTest>): void {
  describe(`volumes: ${name}`, () => {
    let world: VolumesUnderTest
    const volume = (key: 'origin' | 'copy' | 'other') => world.volumes.volume(world.places[key])
    const inside = (key: 'origin' | 'copy' | 'other', script: string) => world.inside(key, script)
    const listing = async (key: 'origin' | 'copy' | 'other') =>
      (await inside(key, describeVolume)).toString('latin1').split('\0')
    const empty = (key: 'copy' | 'other') =>
      inside(key, 'find . -mindepth 1 -delete; chown 0:0 .; chmod 755 .')
    const nothingLeft = () => expect.poll(() => world.own(), { timeout: 10_000 }).toEqual([])

    beforeAll(async () => {
      world = await open()
      await inside('origin', everythingInVolume)
    })
    beforeEach(async () => {
      for (const key of ['copy', 'other'] as const) await empty(key)
    })
    afterAll(() => world?.close())

    describe('reading and writing', () => {
      test('one of everything comes back as it was, the root too', async () => {
        await volume('copy').write(volume('origin').read())
        expect(await listing('copy')).toEqual(await listing('origin'))
        await nothingLeft()
      })

      test('both tars are whole, and their entries equal one by one', async () => {
        await volume('copy').write(volume('origin').read())
        const [before, after] = [
          await fingerprintOf(volume('origin').read()),
          await fingerprintOf(volume('copy').read()),
        ]
        expect(compareFingerprints(before, after)).toBe(undefined)
        expect(before.entries).toBe(28)
      })

      test('300 MB go through a slow reader with flat memory', async () => {
        await inside('copy', 'head -c 300000000 /dev/urandom > large')
        const memory = watchMemory()
        let total = 0
        const watched = async function* () {
          for await (const piece of volume('copy').read()) {
            // Nothing is read for a second: without backpressure the rest would pile up here.
            if (total === 0) await wait(1000)
            memory.sample()
            total += piece.byteLength
            yield piece
          }
        }
        await volume('other').write(watched())
        expect(total).toBeGreaterThan(300_000_000)
        expect(memory.grown()).toBeLessThan(32 * 1024 * 1024)
        expect((await inside('other', 'stat -c %s large')).toString().trim()).toBe('300000000')
      })

      test('its names begin with volume/, the root first, and two blocks of zeros end it', async () => {
        const tar = await collect(volume('origin').read())
        expect(tar.toString('latin1', 0, 8)).toBe('volume/\0')
        expect(tar.subarray(-1024).every(byte => byte === 0)).toBe(true)
      })

      test('an empty volume is its root alone', async () => {
        await inside('copy', 'chown 70:71 .; chmod 1700 .; touch -d @1234567890 .')
        await volume('other').write(volume('copy').read())
        expect(await listing('other')).toEqual(await listing('copy'))
      })

      test('what is written is added, and overwrites what has its name', async () => {
        await inside('copy', 'printf old > plain; printf mine > mine')
        await volume('copy').write(volume('origin').read())
        expect((await inside('copy', 'cat plain mine')).toString()).toBe('amine')
      })

      test('long zeros are no bytes on the disk where they can be holes', async () => {
        await volume('copy').write(volume('origin').read())
        const kibibytes = Number(await inside('copy', 'stat -c %b sparse')) / 2
        expect(kibibytes).toBeLessThan(2048)
      })

      test('a volume that does not exist is neither read, written, inspected nor made', async () => {
        const place = { ...world.places.origin, volume: `respaldo-none-${randomBytes(4).toString('hex')}` }
        const none = world.volumes.volume(place)
        const failure = { code: 'source-not-found', message: expect.stringContaining(place.volume) }
        await expect(drain(none.read())).rejects.toMatchObject(failure)
        await expect(none.write(once(Buffer.alloc(1024)))).rejects.toMatchObject(failure)
        await expect(none.inspect()).rejects.toMatchObject(failure)
        await expect(none.replaceWith(world.places.copy)).rejects.toMatchObject(failure)
        await expect(volume('copy').replaceWith(place)).rejects.toMatchObject(failure)
        await expect(none.inspect()).rejects.toMatchObject(failure)
      })
    })

    describe('giving up', () => {
      test.for([0, 5, 50, 150, 400])(
        'a reading that is aborted after %i ms leaves nothing',
        async milliseconds => {
          const abort = new AbortController()
          const reading = slowly(volume('origin').read(abort.signal))
          const failing = expect(reading).rejects.toMatchObject({ code: 'cancelled' })
          await wait(milliseconds)
          abort.abort()
          await failing
          await nothingLeft()
        },
      )

      test('a reading that is abandoned leaves nothing', async () => {
        for await (const _ of volume('origin').read()) break
        await nothingLeft()
      })

      test.for([0, 5, 50, 400])(
        'a writing that is aborted after %i ms leaves nothing',
        async milliseconds => {
          const abort = new AbortController()
          const writing = volume('copy').write(endlessFile(), abort.signal)
          const failing = expect(writing).rejects.toMatchObject({ code: 'cancelled' })
          await wait(milliseconds)
          abort.abort()
          await failing
          await nothingLeft()
        },
      )

      test('a writing whose tar breaks off fails with the reason, and ends its source', async () => {
        const broken = new RespaldoError('data-corrupt', 'a chunk does not match')
        const tar = volume('origin').read()
        const breaking = (async function* () {
          for await (const piece of tar) {
            yield piece
            throw broken
          }
        })()
        await expect(volume('copy').write(breaking)).rejects.toBe(broken)
        await nothingLeft()
      })

      test('bytes that are no tar are refused', async () => {
        await expect(volume('copy').write(once(randomBytes(4096)))).rejects.toMatchObject({
          code: 'command-failed',
          message: expect.stringContaining(world.places.copy.volume),
        })
        await nothingLeft()
      })
    })

    describe('replacing', () => {
      const filled = String.raw`mkdir -p old/deep; printf x > old/deep/file; printf y > plain; ln -s old link; printf z > "$(printf 'n\nl\377')"; printf w > ...`

      test('the content is that of the other one, the root too', async () => {
        await inside('copy', filled)
        await volume('copy').replaceWith(world.places.origin)
        expect(await listing('copy')).toEqual(await listing('origin'))
        await nothingLeft()
      })

      test('long zeros are no bytes on the disk where they can be holes', async () => {
        await inside('other', 'head -c 8000000 /dev/zero > zeros')
        await volume('copy').replaceWith(world.places.other)
        const [blocks, bytes] = `${await inside('copy', 'stat -c "%b %s" zeros')}`.split(' ').map(Number)
        expect(bytes).toBe(8_000_000)
        expect(Number(blocks) / 2).toBeLessThan(2048)
      })

      test('is told to be possible before it is done', async () => {
        expect(await volume('copy').isReplaceable()).toBe(true)
        await nothingLeft()
      })

      test('by an empty one leaves nothing', async () => {
        await inside('copy', filled)
        await volume('copy').replaceWith(world.places.other)
        expect((await inside('copy', 'ls -A')).toString()).toBe('')
      })

      test('cannot be done with the same one', async () => {
        await expect(volume('origin').replaceWith(world.places.origin)).rejects.toMatchObject({
          code: 'internal',
        })
      })

      test.for([0, 200, 400, 700])('aborted after %i ms, and again', async milliseconds => {
        await inside('copy', filled)
        const abort = new AbortController()
        const replacing = volume('copy').replaceWith(world.places.origin, abort.signal)
        setTimeout(() => abort.abort(), milliseconds)
        await replacing.catch(error => expect(error).toMatchObject({ code: 'cancelled' }))
        await nothingLeft()
        await volume('copy').replaceWith(world.places.origin)
        expect(await listing('copy')).toEqual(await listing('origin'))
      })
    })

    describe('making', () => {
      const newName = () => `respaldo-test-${randomBytes(4).toString('hex')}`

      test('one of an inspected recipe, which is a source until it is removed', async () => {
        const { recipe } = await volume('origin').inspect()
        const place = await world.volumes.make(newName(), recipe, {})
        const sources = async () => (await Array.fromAsync(world.volumes.sources())).map(({ place }) => place)
        expect(await sources()).toContainEqual(place)
        await expect(world.volumes.make(place.volume, recipe, {})).rejects.toMatchObject({
          code: 'input-invalid',
        })
        await world.volumes.volume(place).write(volume('origin').read())
        await world.volumes.volume(place).remove()
        expect(await sources()).not.toContainEqual(place)
        await world.volumes.volume(place).remove()
      })

      test('one that a run made tells so, and its recipe does not', async () => {
        const { recipe } = await volume('origin').inspect()
        const place = await world.volumes.make(newName(), recipe, { run: 'run-1' })
        const { volume: name, namespace } = place
        const made = world.volumes.volume(place)
        try {
          const found = await made.inspect()
          expect([found.madeBy, (await volume('origin').inspect()).madeBy]).toEqual(['run-1', undefined])
          expect(JSON.stringify(found.recipe)).not.toContain('run-1')
          const [{ reason: _, ...source } = {}] = await world.volumes.find({ volumes: [name], namespace })
          expect(world.volumes.sourceOf(name, namespace)).toMatchObject(source)
        } finally {
          await made.remove()
        }
      })

      test('a scratch one is no source, and goes when its maker is dead', async () => {
        const { recipe } = await volume('origin').inspect()
        const place = await world.volumes.make(newName(), recipe, { scratch: world.maker })
        const scratch = world.volumes.volume(place)
        await scratch.write(volume('origin').read())
        const sources = (await Array.fromAsync(world.volumes.sources())).map(({ place }) => place)
        expect(sources).not.toContainEqual(place)
        const isMine = ({ pid, host }: Maker) => pid === world.maker.pid && host === world.maker.host
        await world.volumes.sweep(maker => (isMine(maker) ? true : undefined))
        await scratch.inspect()
        await world.volumes.sweep(maker => (isMine(maker) ? false : undefined))
        await expect(scratch.inspect()).rejects.toMatchObject({ code: 'source-not-found' })
      })

      test('the place has room, where that can be told', async () => {
        expect((await volume('origin').freeBytes()) ?? 1).toBeGreaterThan(0)
      })
    })
  })
}

/** Reads so slowly that it can be interrupted. */
async function slowly(bytes: Bytes): Promise<void> {
  for await (const _ of bytes) await wait(20)
}

/** The head of a large file, and more and more of its content. */
async function* endlessFile(): AsyncGenerator<Uint8Array> {
  const head = Buffer.alloc(512)
  head.write('volume/endless\0')
  head.write('0000644\0', 100)
  head.write('0000000\0', 108)
  head.write('0000000\0', 116)
  head.write('77777777777\0', 124)
  head.write('00000000000\0', 136)
  head.write('        0', 148)
  head.write('ustar\x0000', 257)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  yield head
  for (;;) {
    yield Buffer.alloc(64 * 1024, 1)
    await wait(5)
  }
}
