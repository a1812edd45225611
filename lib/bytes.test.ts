import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { abortable, collect, collectExactly, drain, humanBytes, once } from './bytes.ts'

describe('abortable', () => {
  const reason = new Error('stop')

  function source(pieces: number, options: { failure?: Error; hang?: boolean } = {}) {
    const state = { made: 0, ended: false }
    async function* bytes(): AsyncGenerator<Uint8Array> {
      try {
        for (; state.made < pieces; state.made++) yield Buffer.from([state.made])
        if (options.hang) await new Promise(() => {})
        if (options.failure) throw options.failure
      } finally {
        await setImmediate() // as who ends a process waits for it
        state.ended = true
      }
    }
    return { state, bytes: bytes() }
  }

  test.for([
    ['with', new AbortController().signal],
    ['without', undefined],
  ] as const)('%s a signal that stays silent everything passes', async ([, signal]) => {
    expect([...(await collect(abortable(source(3).bytes, signal)))]).toEqual([0, 1, 2])
    const failure = new Error('source')
    await expect(drain(abortable(source(3, { failure }).bytes, signal))).rejects.toBe(failure)
  })

  test('throws the reason between two pieces, and ends the source', async () => {
    const abort = new AbortController()
    const { bytes, state } = source(5)
    const reading = async () => {
      for await (const [piece] of abortable(bytes, abort.signal)) if (piece === 2) abort.abort(reason)
    }
    await expect(reading()).rejects.toMatchObject({ cause: reason })
    expect(state.made).toBe(2)
    await expect.poll(() => state.ended).toBe(true)
  })

  test('throws the reason while the source hangs', async () => {
    const abort = new AbortController()
    const reading = drain(abortable(source(2, { hang: true }).bytes, abort.signal))
    await setImmediate()
    abort.abort(reason)
    await expect(reading).rejects.toMatchObject({ cause: reason })
  })

  test('an aborted signal: nothing is asked for', async () => {
    const { bytes, state } = source(2)
    await expect(drain(abortable(bytes, AbortSignal.abort(reason)))).rejects.toMatchObject({ cause: reason })
    expect(state.made).toBe(0)
  })

  test('who stops early waits until the source has ended', async () => {
    for (const signal of [undefined, new AbortController().signal]) {
      const { bytes, state } = source(5)
      for await (const _ of abortable(bytes, signal)) break
      expect(state.ended).toBe(true)
    }
  })

  test('leaves no listeners behind', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const counting = new Proxy(signal, {
      get(target, name) {
        if (name === 'addEventListener') listeners += 1
        if (name === 'removeEventListener') listeners -= 1
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    await drain(abortable(source(100).bytes, counting))
    expect(listeners).toBe(0)
  })
})

test('what is collected exactly is neither shorter nor longer', async () => {
  expect(await collectExactly(once('ab', 'c'), 3)).toEqual(Buffer.from('abc'))
  expect(await collectExactly(once('ab', 'c'), 2)).toBeUndefined()
  expect(await collectExactly(once('ab', 'c'), 4)).toBeUndefined()
  expect(await collectExactly(once(), 0)).toEqual(Buffer.alloc(0))
})

test('collect refuses more than it was told', async () => {
  expect(await collect(once('ab', 'c'), 3)).toEqual(Buffer.from('abc'))
  await expect(collect(once('ab', 'cd'), 3)).rejects.toThrow(RangeError)
})

test.for([
  [0, '0 B'],
  [999, '999 B'],
  [1200, '1.2 kB'],
  [9_960, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [741_000_000, '741 MB'],
] as const)('%i bytes are %s', ([bytes, text]) => {
  expect(humanBytes(bytes)).toBe(text)
})
