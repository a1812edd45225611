import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bytes, collect, drain, once } from '#lib/bytes'
import { RespaldoError } from '#lib/errors'
import { MissingObject, type Store, StoreConflict } from '#lib/store/store'

/** A store of its own for one suite. */
export interface StoreUnderTest {
  store: Store
  close(): Promise<void>
}

/** Where a driver may differ, each with the reason. */
export interface StoreExceptions {
  /** No key can lie below another key. */
  nested?: string
}

/** What `Store` promises, whoever keeps it. Every test has a folder of keys for itself. */
export function storeContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  exceptions: StoreExceptions = {},
): void {
  describe(`store contract: ${name}`, { timeout: 30_000 }, () => {
    let opened: StoreUnderTest
    let store: Store
    beforeAll(async () => {
      opened = await open()
      store = opened.store
    })
    afterAll(() => opened?.close())

    let folders = 0
    const folder = () => `contract/${++folders}/`
    const put = (key: string, text = key, options?: Parameters<Store['put']>[2]) =>
      store.put(key, once(text), options)
    const text = async (key: string) => (await collect(store.get(key))).toString()
    const keys = (prefix: string, shallow = false) => Array.fromAsync(store.list(prefix, { shallow }))

    describe('put and get', () => {
      test('what was put is there as soon as put resolves', async () => {
        const key = `${folder()}a`
        expect(await put(key, 'content')).toEqual({ key, size: 7 })
        expect(await text(key)).toBe('content')
        expect(await store.stat(key)).toEqual({ key, size: 7 })
        expect(await keys(key)).toEqual([key])
      })

      test('an empty object is an object', async () => {
        const key = `${folder()}empty`
        expect(await store.put(key, once())).toEqual({ key, size: 0 })
        expect(await Array.fromAsync(store.get(key))).toEqual([])
        expect(await store.stat(key)).toEqual({ key, size: 0 })
      })

      test.for([1, 1000, 65_536, 65_537, 1_048_576, 5_000_001])('%i bytes come back', async size => {
        const key = `${folder()}large`
        const content = randomBytes(size)
        expect(await store.put(key, inPieces(content, 300_007))).toEqual({ key, size })
        expect((await collect(store.get(key))).equals(content)).toBe(true)
      })

      test('pieces of every size, also none, from a buffer that is used again', async () => {
        const key = `${folder()}pieces`
        const sizes = [0, 1, 70_000, 0, 1_048_576, 2_500_000, 3, 1_048_575, 2]
        const expected = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)))
        async function* reusing(): AsyncGenerator<Uint8Array> {
          const buffer = Buffer.alloc(2_500_000)
          for (const [index, size] of sizes.entries()) yield buffer.fill(index + 1).subarray(0, size)
        }
        await store.put(key, reusing())
        expect((await collect(store.get(key))).equals(expected)).toBe(true)
      })

      test('what a reader does to its piece is not in the object', async () => {
        const key = `${folder()}mine`
        await put(key, 'abc')
        for await (const piece of store.get(key)) piece.fill(0)
        expect(await text(key)).toBe('abc')
      })

      test('an object is replaced', async () => {
        const key = `${folder()}twice`
        await put(key, 'a longer first')
        await put(key, 'second')
        expect(await text(key)).toBe('second')
      })

      test('a reader of the old object reads on in the old object', async () => {
        const key = `${folder()}replaced`
        const old = randomBytes(3_000_000)
        await store.put(key, once(old))
        const reader = store.get(key)[Symbol.asyncIterator]()
        const first = await reader.next()
        await put(key, 'new')
        const rest = await collect({ [Symbol.asyncIterator]: () => reader })
        expect(Buffer.concat([first.value, rest]).equals(old)).toBe(true)
      })

      test('a reader may stop early', async () => {
        const key = `${folder()}abandoned`
        await store.put(key, once(Buffer.alloc(3_000_000)))
        for await (const _ of store.get(key)) break
        await store.delete([key])
      })

      test('what is not there', async () => {
        const key = `${folder()}nothing`
        expect(await store.stat(key)).toBeUndefined()
        const failure = await drain(store.get(key)).catch(error => error)
        expect(failure).toBeInstanceOf(MissingObject)
        expect(failure).toMatchObject({ key })
        await expect(drain(store.get(key, { range: { start: 0, end: 1 } }))).rejects.toThrow(MissingObject)
      })

      test('a folder is no object', async () => {
        const prefix = folder()
        await put(`${prefix}a/b`)
        expect(await store.stat(`${prefix}a`)).toBeUndefined()
        await expect(drain(store.get(`${prefix}a`))).rejects.toThrow(MissingObject)
      })
    })

    describe('ranges', () => {
      const content = randomBytes(2_500_000)
      let key: string
      beforeAll(async () => {
        key = `${folder()}ranged`
        await store.put(key, once(content))
      })

      test.for([
        [0, 0],
        [0, 1],
        [7, 65_543],
        [7, 65_544],
        [1_048_575, 1_048_577],
        [0, 2_500_000],
        [2_499_999, 2_500_000],
        [2_500_000, 2_500_000],
      ])('from %i to %i', async ([start = 0, end = 0]) => {
        const found = await collect(store.get(key, { range: { start, end } }))
        expect(found.equals(content.subarray(start, end))).toBe(true)
      })

      test.for([
        [2_499_999, 2_500_001],
        [0, 9_000_000],
        [2_500_001, 2_500_001],
      ])('from %i to %i is past the end', async ([start = 0, end = 0]) => {
        const reading = drain(store.get(key, { range: { start, end } }))
        await expect(reading).rejects.toMatchObject({ code: 'data-corrupt', hint: expect.any(String) })
      })

      test.for([
        [-1, 1],
        [2, 1],
        [0.5, 2],
        [0, Number.NaN],
      ])('from %f to %f is no range', async ([start = 0, end = 0]) => {
        const reading = drain(store.get(key, { range: { start, end } }))
        await expect(reading).rejects.toMatchObject({ code: 'input-invalid' })
      })
    })

    describe('whole or not at all', () => {
      test('content that throws leaves nothing, and what it threw is thrown', async () => {
        const key = `${folder()}failed`
        const failure = Object.assign(new Error('the dump failed'), { code: 'ENOSPC' })
        await expect(store.put(key, failing(failure))).rejects.toBe(failure)
        expect(await store.stat(key)).toBeUndefined()
        expect(await keys(key)).toEqual([])
      })

      test('content that throws leaves the old object', async () => {
        const key = `${folder()}kept`
        await put(key, 'old')
        await expect(store.put(key, failing(new Error('no')))).rejects.toThrow('no')
        expect(await text(key)).toBe('old')
      })

      test('while it is being put it is not there', async () => {
        const key = `${folder()}soon`
        const seen: unknown[] = []
        async function* looking(): AsyncGenerator<Uint8Array> {
          yield randomBytes(2_000_000)
          seen.push(
            await store.stat(key),
            await keys(key),
            await drain(store.get(key)).catch(error => error.name),
          )
          yield randomBytes(10)
        }
        await store.put(key, looking())
        expect(seen).toEqual([undefined, [], 'MissingObject'])
        expect(await store.stat(key)).toEqual({ key, size: 2_000_010 })
      })

      test('writers at once: the object is that of one of them', async () => {
        const key = `${folder()}raced`
        const contents = Array.from({ length: 8 }, (_, index) => Buffer.alloc(400_000 + index, index))
        await Promise.all(contents.map(content => store.put(key, inPieces(content, 65_536))))
        const found = await collect(store.get(key))
        expect(contents.some(content => content.equals(found))).toBe(true)
      })
    })

    describe('without overwriting', () => {
      const overwrite = false

      test('a key that exists is a conflict, and its object stays', async () => {
        const key = `${folder()}once`
        expect(await put(key, 'first', { overwrite })).toEqual({ key, size: 5 })
        const failure = await put(key, 'second', { overwrite }).catch(error => error)
        expect(failure).toBeInstanceOf(StoreConflict)
        expect(failure).toMatchObject({ key })
        expect(await text(key)).toBe('first')
      })

      test('of twenty at once exactly one wins, and its object is there', async () => {
        const key = `${folder()}won`
        const puts = Array.from({ length: 20 }, (_, index) => put(key, `writer ${index}`, { overwrite }))
        const results = await Promise.allSettled(puts)
        const winners = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
        expect(winners).toHaveLength(1)
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreConflict)
        expect(await text(key)).toBe(`writer ${winners[0]}`)
        expect(await keys(key)).toEqual([key])
      })

      test('a deleted key may be put again', async () => {
        const key = `${folder()}again`
        await put(key, 'first', { overwrite })
        await store.delete([key])
        await put(key, 'second', { overwrite })
        expect(await text(key)).toBe('second')
      })
    })

    describe('list', () => {
      /** As bytes of UTF-8 sort them; U+FF5E comes before U+1F600, other than in JavaScript. */
      const tricky = [
        '-',
        'a-b',
        'a.b',
        'a/-',
        'a/b',
        'a/b-c',
        'a/b.d/e',
        'a/c',
        'a0',
        'aa',
        'b',
        'ñ',
        '～',
        '😀',
      ]

      test('in ascending order of bytes, folders or not', async () => {
        const prefix = folder()
        for (const key of tricky.toReversed()) await put(prefix + key)
        const expected = tricky.map(key => prefix + key)
        expect(expected.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(expected)
        expect(await keys(prefix)).toEqual(expected)
      })

      test('shallow: the next level only, folders with their slash', async () => {
        const prefix = folder()
        for (const key of tricky) await put(prefix + key)
        const expected = ['-', 'a-b', 'a.b', 'a/', 'a0', 'aa', 'b', 'ñ', '～', '😀']
        expect(await keys(prefix, true)).toEqual(expected.map(key => prefix + key))
        expect(await keys(`${prefix}a/`, true)).toEqual(
          ['-', 'b', 'b-c', 'b.d/', 'c'].map(key => `${prefix}a/${key}`),
        )
      })

      test('a prefix may end within a name', async () => {
        const prefix = folder()
        for (const key of tricky) await put(prefix + key)
        const found = (await keys(`${prefix}a/b`)).map(key => key.slice(prefix.length))
        expect(found).toEqual(['a/b', 'a/b-c', 'a/b.d/e'])
        const shallow = (await keys(`${prefix}a`, true)).map(key => key.slice(prefix.length))
        expect(shallow).toEqual(['a-b', 'a.b', 'a/', 'a0', 'aa'])
      })

      test('nothing below a prefix that nothing has', async () => {
        const prefix = folder()
        await put(`${prefix}a`)
        expect(await keys(`${prefix}b`)).toEqual([])
        expect(await keys(`${prefix}b/`, true)).toEqual([])
        expect(await keys(`${prefix}a/`)).toEqual([])
      })

      test('the empty prefix is the whole store', async () => {
        const key = `${folder()}all`
        await put(key)
        expect(await keys('')).toContain(key)
        expect(await keys('', true)).toContain('contract/')
      })

      test('a reader may stop early', async () => {
        const prefix = folder()
        for (const key of tricky) await put(prefix + key)
        for await (const key of store.list(prefix)) {
          expect(key).toBe(`${prefix}-`)
          break
        }
      })

      test('objects that come and go meanwhile do no harm to the others', async () => {
        const prefix = folder()
        for (const key of tricky) await put(prefix + key)
        const found: string[] = []
        for await (const key of store.list(prefix)) {
          found.push(key)
          if (key === `${prefix}-`) await store.delete([`${prefix}a/b.d/e`, `${prefix}a/c`])
        }
        const others = tricky.filter(key => !['a/b.d/e', 'a/c'].includes(key)).map(key => prefix + key)
        expect(found).toEqual(expect.arrayContaining(others))
      })

      if (exceptions.nested === undefined)
        test('a key below another key', async () => {
          const prefix = folder()
          for (const key of ['a/b', 'a', 'a-b', 'a.b']) await put(prefix + key)
          expect(await keys(prefix)).toEqual(['a', 'a-b', 'a.b', 'a/b'].map(key => prefix + key))
          expect(await keys(prefix, true)).toEqual(['a', 'a-b', 'a.b', 'a/'].map(key => prefix + key))
        })
      else
        test(`a key below another key is refused: ${exceptions.nested}`, async () => {
          const prefix = folder()
          await put(`${prefix}a`)
          await put(`${prefix}b/c`)
          for (const key of ['a/b', 'b'])
            await expect(put(prefix + key)).rejects.toMatchObject({ code: 'store-unavailable' })
          expect(await keys(prefix)).toEqual([`${prefix}a`, `${prefix}b/c`])
        })
    })

    describe('delete', () => {
      test('what was deleted is gone, the rest is not', async () => {
        const prefix = folder()
        for (const key of ['a/b', 'a/c', 'd']) await put(prefix + key)
        await store.delete([`${prefix}a/b`, `${prefix}d`])
        expect(await keys(prefix)).toEqual([`${prefix}a/c`])
        expect(await store.stat(`${prefix}a/b`)).toBeUndefined()
      })

      test('keys that do not exist, twice the same, and none at all are no failure', async () => {
        const prefix = folder()
        await put(`${prefix}a`)
        await store.delete([`${prefix}x`, `${prefix}a`, `${prefix}a`, `${prefix}a/b`, `${prefix}y/z`])
        await store.delete([])
        expect(await keys(prefix)).toEqual([])
      })

      test('a folder without objects is not listed, and may be filled again', async () => {
        const prefix = folder()
        await put(`${prefix}a/b/c`)
        await store.delete([`${prefix}a/b/c`])
        expect(await keys(prefix, true)).toEqual([])
        await put(`${prefix}a/b/c`, 'again')
        expect(await text(`${prefix}a/b/c`)).toBe('again')
      })

      test('a folder is not deleted as if it were an object', async () => {
        const prefix = folder()
        await put(`${prefix}a/b`)
        await store.delete([`${prefix}a`])
        expect(await keys(prefix)).toEqual([`${prefix}a/b`])
      })

      test('puts and deletes in one folder at once: no put fails, and every one that was not deleted is there', async () => {
        const prefix = folder()
        const key = (writer: number, round: number) => `${prefix}deep/er/${writer}-${round}`
        const writer = async (number: number) => {
          for (let round = 0; round < 25; round++) {
            await put(key(number, round))
            if (round < 24) await store.delete([key(number, round)])
          }
        }
        await Promise.all(Array.from({ length: 8 }, (_, number) => writer(number)))
        expect(await keys(prefix)).toEqual(Array.from({ length: 8 }, (_, number) => key(number, 24)))
      })
    })

    describe('abort', () => {
      const reason = new RespaldoError('repository-locked', 'the lease is lost')

      test('before it begins, nothing happens', async () => {
        const key = `${folder()}never`
        const signal = AbortSignal.abort(reason)
        await expect(put(key, 'x', { signal })).rejects.toBe(reason)
        expect(await store.stat(key)).toBeUndefined()
        await put(key)
        await expect(drain(store.get(key, { signal }))).rejects.toBe(reason)
      })

      test('between two pieces of content: nothing is left, and the content is ended', async () => {
        const key = `${folder()}cut`
        const abort = new AbortController()
        let ended = false
        async function* content(): AsyncGenerator<Uint8Array> {
          try {
            yield randomBytes(100_000)
            abort.abort()
            yield randomBytes(100_000)
          } finally {
            ended = true
          }
        }
        const putting = store.put(key, content(), { signal: abort.signal })
        await expect(putting).rejects.toMatchObject({ code: 'cancelled' })
        expect(ended).toBe(true)
        expect(await keys(key)).toEqual([])
      })

      test('while the content makes its next piece, without waiting for it', async () => {
        const key = `${folder()}hung`
        const abort = new AbortController()
        async function* hanging(): AsyncGenerator<Uint8Array> {
          yield randomBytes(100)
          setImmediate(() => abort.abort(reason))
          await new Promise(() => {})
        }
        await expect(store.put(key, hanging(), { signal: abort.signal })).rejects.toBe(reason)
        expect(await keys(key)).toEqual([])
      })

      test('after the last piece, before the end', async () => {
        const key = `${folder()}late`
        const abort = new AbortController()
        async function* content(): AsyncGenerator<Uint8Array> {
          yield randomBytes(100)
          abort.abort(reason)
        }
        await expect(store.put(key, content(), { signal: abort.signal })).rejects.toBe(reason)
        expect(await store.stat(key)).toBeUndefined()
      })

      test('a get ends with the next piece', async () => {
        const key = `${folder()}read`
        await store.put(key, once(Buffer.alloc(5_000_000)))
        const abort = new AbortController()
        const reading = async () => {
          for await (const _ of store.get(key, { signal: abort.signal })) abort.abort(reason)
        }
        await expect(reading()).rejects.toBe(reason)
      })

      test('afterwards it has no effect', async () => {
        const key = `${folder()}done`
        const abort = new AbortController()
        await put(key, 'x', { signal: abort.signal })
        abort.abort()
        expect(await text(key)).toBe('x')
      })
    })

    describe('what is no key', () => {
      const odd = [
        '',
        '/a',
        'a/',
        'a//b',
        '.',
        '..',
        '../a',
        'a/../b',
        'a/./b',
        'a\0b',
        'a\nb',
        'a\u0085b',
        'a\\b',
        'a\ud800',
        '.tmp-a',
        'a/.tmp-b',
        'x'.repeat(256),
        `${'x/'.repeat(600)}x`,
      ]

      test.for(odd)('%j', async key => {
        const invalid = expect.objectContaining({ code: 'input-invalid', hint: expect.any(String) })
        await expect(put(key)).rejects.toEqual(invalid)
        await expect(drain(store.get(key))).rejects.toEqual(invalid)
        await expect(store.stat(key)).rejects.toEqual(invalid)
        await expect(store.delete(['contract/x', key])).rejects.toEqual(invalid)
      })

      test.for(['/', '../', 'a/../b', 'a//', 'a\0', '\\'])('%j is no prefix either', async prefix => {
        await expect(keys(prefix)).rejects.toMatchObject({ code: 'input-invalid' })
      })

      test.for(['', 'a', '../'])('%j is not to be swept', async prefix => {
        await expect(store.sweep(prefix)).rejects.toMatchObject({ code: 'input-invalid' })
      })

      test('a list of keys with an invalid one deletes none', async () => {
        const key = `${folder()}safe`
        await put(key)
        await expect(store.delete([key, '../x'])).rejects.toMatchObject({ code: 'input-invalid' })
        expect(await text(key)).toBe(key)
      })
    })

    test('sweeping touches no object', async () => {
      const prefix = folder()
      for (const key of ['a', 'b/c']) await put(prefix + key)
      expect(await store.sweep(prefix)).toBe(0)
      expect(await store.sweep(`${prefix}nothing/`)).toBe(0)
      expect(await keys(prefix)).toEqual([`${prefix}a`, `${prefix}b/c`])
    })

    test('it has a name, and says how much room there is or that it cannot tell', async () => {
      expect(store.name).toMatch(/\S/)
      const free = await store.freeBytes()
      expect(free === undefined || (Number.isSafeInteger(free) && free > 0)).toBe(true)
    })
  })
}

async function* inPieces(content: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

async function* failing(error: Error): Bytes & AsyncGenerator<Uint8Array> {
  yield randomBytes(2_000_000)
  throw error
}
