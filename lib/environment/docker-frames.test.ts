import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { once } from '../bytes.ts'
import { readFrames } from './docker-frames.ts'

function frame(stream: number, payload: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(payload), 4)
  return Buffer.concat([header, Buffer.from(payload)])
}

async function read(...pieces: Uint8Array[]) {
  const seen = { stdout: '', stderr: '' }
  for await (const { stream, payload } of readFrames(once(...pieces)))
    seen[stream] += Buffer.from(payload).toString()
  return seen
}

const whole = Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, ''), frame(1, 'put'), frame(2, 'or')])

describe('frames', () => {
  test('are told apart wherever the stream is cut into pieces', async () => {
    for (let at = 0; at <= whole.length; at += 1)
      expect(await read(whole.subarray(0, at), whole.subarray(at))).toEqual({
        stdout: 'output',
        stderr: 'error',
      })
    expect(await read(...[...whole].map(byte => Buffer.from([byte])))).toEqual({
      stdout: 'output',
      stderr: 'error',
    })
  })

  test('come back whatever they hold', async () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 50 })))
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 20 }), async (list, size) => {
        const bytes = Buffer.concat(list.map(([stream, text]) => frame(stream, text)))
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        )
        const text = (stream: number) =>
          list.flatMap(([number, text]) => (number === stream ? [text] : [])).join('')
        expect(await read(...pieces)).toEqual({ stdout: text(1), stderr: text(2) })
      }),
    )
  })

  test('are no copies', async () => {
    const bytes = frame(1, 'x'.repeat(1000))
    for await (const { payload } of readFrames(once(bytes))) expect(payload.buffer).toBe(bytes.buffer)
  })

  test('that end anywhere but between two are an error', async () => {
    const ends = new Set([0, 11, 22, 30, 41, whole.length])
    for (let at = 0; at <= whole.length; at += 1) {
      const reading = read(whole.subarray(0, at))
      if (ends.has(at)) await reading
      else await expect(reading).rejects.toThrow('ended inside a frame')
    }
  })

  test('that are none are an error', async () => {
    await expect(read(Buffer.from('OCI runtime exec failed'))).rejects.toThrow('does not consist of frames')
  })
})
