import { describe, expect, test } from 'vitest'
import { type ExecStatus, parseStatus, readFrames } from './kubernetes-frames.ts'

const message = (channel: number, text = '') => Buffer.concat([Uint8Array.of(channel), Buffer.from(text)])
const success = message(3, JSON.stringify({ status: 'Success' }))

async function read(...messages: Uint8Array[]) {
  let status: ExecStatus | undefined
  const frames: [string, string][] = []
  const walked = readFrames(
    (async function* () {
      yield* messages
    })(),
    told => {
      status = told
    },
  )
  for await (const { stream, payload } of walked) frames.push([stream, Buffer.from(payload).toString()])
  return { frames, status }
}

describe('frames of an exec', () => {
  test('channels come apart; those that only open, and that close, are none', async () => {
    const { frames, status } = await read(
      message(1),
      message(1, 'out'),
      message(2, 'err'),
      Uint8Array.of(255, 1),
      success,
    )
    expect(frames).toEqual([
      ['stdout', 'out'],
      ['stderr', 'err'],
    ])
    expect(status?.exitCode).toBe(0)
  })

  test.for([
    ['nothing at all', []],
    ['no status', [message(1, 'all of it')]],
    ['an empty status', [message(1, 'all of it'), message(3)]],
    ['half a status', [message(3, '{"status":"Succ')]],
  ] as const)('%s is a cut stream', async ([, messages]) => {
    await expect(read(...messages)).rejects.toThrow()
  })

  test.for([
    [{ status: 'Success' }, 0],
    [
      {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '137' }] },
      },
      137,
    ],
    [{ status: 'Failure', reason: 'InternalError', message: 'no such file' }, undefined],
    [{ status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: 'unknown' }] } }, undefined],
  ] as const)('%j is exit code %j', ([status, exitCode]) => {
    expect(parseStatus(JSON.stringify(status)).exitCode).toBe(exitCode)
  })
})
