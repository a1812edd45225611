import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bytes, collect, drain, once } from '#lib/bytes'
import type { Command, Shell } from '#lib/environment/environment'
import { RespaldoError } from '#lib/errors'
import { watchMemory } from './memory-watch.ts'

/** A shell beside a source that has the usual small programs (sh, cat, head, printf, sleep, sort, yes). */
export interface ShellUnderTest {
  shell: Shell
  /** How many processes beside the source have this text in their arguments. */
  count(marker: string): Promise<number>
  close(): Promise<void>
}

const MB = 1_000_000

/** What `Shell` promises, whoever keeps it. */
export function shellContract(name: string, open: () => Promise<ShellUnderTest>): void {
  describe(`shell contract: ${name}`, { timeout: 60_000 }, () => {
    let opened: ShellUnderTest
    beforeAll(async () => {
      opened = await open()
    }, 120_000)
    afterAll(() => opened?.close(), 60_000)
    const exec = (argv: Command['argv'], more: Partial<Command> = {}, signal?: AbortSignal) =>
      opened.shell.exec({ argv, ...more }, signal)
    const text = async (argv: Command['argv'], more?: Partial<Command>) =>
      (await collect(exec(argv, more).stdout)).toString()
    const gone = (marker: string) => expect.poll(() => opened.count(marker), { timeout: 10_000 }).toBe(0)

    describe('arguments and variables', () => {
      test('arguments arrive as they are', async () => {
        const odd = [
          '',
          ' ',
          'a b',
          `it's "quoted"`,
          '$HOME `id` $(id)',
          'line\nline',
          '*',
          '\\',
          '-n',
          'ñ€😀',
          ';',
        ]
        expect(await text(['printf', '%s\\0', ...odd])).toBe(odd.map(argument => `${argument}\0`).join(''))
      })

      test('variables arrive beside those that the command finds, and are in no arguments', async () => {
        const secret = `s3cret $x 'y' ${randomBytes(4).toString('hex')}`
        const env = { PGPASSWORD: secret }
        expect(await text(['sh', '-c', 'printf %s "$PGPASSWORD"'], { env })).toBe(secret)
        expect(await text(['sh', '-c', 'printf %s "$PATH"'], { env })).toContain('/bin')
        const sleeping = exec(['sleep', '30'], { env })
        await wait(300)
        expect(await opened.count(secret)).toBe(0)
        await sleeping.stdout.return()
      })

      test('a NUL character is refused', async () => {
        await expect(drain(exec(['printf', 'a\0b']).stdout)).rejects.toMatchObject({ code: 'input-invalid' })
      })
    })

    describe('ends', () => {
      test('success: the output ends and finished resolves', async () => {
        const running = exec(['printf', 'done'])
        expect((await collect(running.stdout)).toString()).toBe('done')
        await expect(running.finished).resolves.toBeUndefined()
      })

      test('failure: the output that was written comes, then both throw command-failed', async () => {
        const running = exec(['sh', '-c', 'echo written; echo why >&2; exit 3'])
        const pieces: Uint8Array[] = []
        const read = async () => {
          for await (const piece of running.stdout) pieces.push(piece)
        }
        const failure = { code: 'command-failed', context: { exitCode: 3, stderr: 'why' } }
        await expect(read()).rejects.toMatchObject(failure)
        await expect(running.finished).rejects.toMatchObject(failure)
        expect(Buffer.concat(pieces).toString()).toBe('written\n')
      })

      test('a failure names the last lines of stderr, whole lines of at most 4 KiB', async () => {
        const script = 'i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 1'
        const error = await failureOf(exec(['sh', '-c', script]).stdout)
        expect(error.message).toMatch(/line 1999$/)
        const lines = String(error.context?.stderr).split('\n')
        expect(lines.at(-1)).toBe('line 1999')
        expect(lines.at(0)).toMatch(/^line \d+$/)
        expect(lines.join('\n').length).toBeGreaterThan(4000)
        expect(lines.join('\n').length).toBeLessThanOrEqual(4096)
      })

      test('a failure shows no secret', async () => {
        const env = { PGPASSWORD: 'hunter22' }
        const argv = [
          'sh',
          '-c',
          'echo "$PGPASSWORD" "$0" >&2; exit 1',
          'postgres://ana:oh%20no@db/shop',
        ] as const
        const error = await failureOf(exec(argv, { env }).stdout)
        expect(JSON.stringify([error.message, error.context, error.hint])).not.toMatch(/hunter22|oh%20no/)
      })

      test('a command that was killed is a failure', async () => {
        await expect(drain(exec(['sh', '-c', 'echo half; kill -KILL $$']).stdout)).rejects.toMatchObject({
          code: 'command-failed',
        })
      })

      test('a missing program is command-failed with a hint', async () => {
        const error = await failureOf(exec(['pg_no_such_program', 'x']).stdout)
        expect(error).toMatchObject({ code: 'command-failed' })
        expect(error.hint).toMatch(/pg_no_such_program/)
      })

      test('what was written is there for who begins to read after the end', async () => {
        const running = exec(['printf', 'kept'])
        await running.finished
        await wait(100)
        expect((await collect(running.stdout)).toString()).toBe('kept')
      })
    })

    describe('streams', () => {
      test('200 MB come whole to a slow reader, with flat memory', async () => {
        const memory = watchMemory()
        const running = exec(['head', '-c', `${200 * MB}`, '/dev/zero'])
        let total = 0
        for await (const piece of running.stdout) {
          // Nothing is read for a second: without backpressure the rest would pile up here.
          if (total === 0) await wait(1000)
          memory.sample()
          total += piece.byteLength
        }
        expect(total).toBe(200 * MB)
        expect(memory.grown()).toBeLessThan(32 * MB)
      })

      test('100 MB go in and come out the same, with flat memory', async () => {
        const memory = watchMemory()
        const sent = createHash('sha256')
        const received = createHash('sha256')
        const running = exec(['cat'], { stdin: patterned(100 * MB, piece => sent.update(piece)) })
        for await (const piece of running.stdout) {
          received.update(piece)
          memory.sample()
        }
        expect(received.digest('hex')).toBe(sent.digest('hex'))
        expect(memory.grown()).toBeLessThan(32 * MB)
      })

      test('input goes in as fast as the command reads, no faster', async () => {
        let taken = 0
        const stdin = patterned(100 * MB, piece => {
          taken += piece.byteLength
        })
        const running = exec(['sh', '-c', 'sleep 1; head -c 10 | wc -c'], { stdin })
        await wait(800)
        expect(taken).toBeLessThan(20 * MB)
        expect((await collect(running.stdout)).toString().trim()).toBe('10')
      })

      test('an empty input is an end', async () => {
        expect(await text(['cat'], { stdin: once() })).toBe('')
      })

      test('much on stderr does not hold the output', async () => {
        expect(await text(['sh', '-c', 'head -c 3000000 /dev/zero >&2; echo out'])).toBe('out\n')
      })

      test('several at once do not mix', async () => {
        const numbers = Array.from({ length: 6 }, (_, number) => `${number}`)
        const script = 'head -c 1000000 /dev/zero | tr "\\0" "$0"'
        const outputs = await Promise.all(numbers.map(number => text(['sh', '-c', script, number])))
        expect(outputs).toEqual(numbers.map(number => number.repeat(1_000_000)))
      })
    })

    describe('a command that does not read its input', () => {
      const argvs = [['true'], ['head', '-c', '10'], ['sh', '-c', 'exit 0']] as const
      test.for(argvs)('%j ends although there is more', async argv => {
        let returned = false
        const stdin = patterned(1e15, undefined, () => {
          returned = true
        })
        await drain(exec(argv, { stdin }).stdout)
        await expect.poll(() => returned).toBe(true)
      })

      test('its failure is reported', async () => {
        const running = exec(['sh', '-c', 'echo no >&2; exit 4'], { stdin: patterned(1e15) })
        await expect(drain(running.stdout)).rejects.toMatchObject({
          code: 'command-failed',
          context: { exitCode: 4 },
        })
      })

      test('ends although its input never comes', async () => {
        await drain(exec(['true'], { stdin: never() }).stdout)
      })
    })

    describe('a broken input', () => {
      test('is never taken for a complete one, and its error is reported', async () => {
        const file = `/tmp/respaldo-broken-input-${randomBytes(4).toString('hex')}`
        const broken = new RespaldoError('data-corrupt', 'a chunk does not match')
        const stdin = (async function* () {
          yield Buffer.from('b\na\n')
          await wait(200)
          throw broken
        })()
        // It fills its file only when its input has ended.
        const running = exec(['sort', '-o', file], { stdin })
        await expect(drain(running.stdout)).rejects.toBe(broken)
        await expect(running.finished).rejects.toBe(broken)
        await gone(file)
        expect(await text(['sh', '-c', 'wc -c <"$0"; rm -f "$0"', file])).toMatch(/^\s*0\n$/)
      })
    })

    describe('aborting', () => {
      test('before the start: nothing is started', async () => {
        const marker = number()
        const running = exec(['sleep', marker], {}, AbortSignal.abort())
        await expect(running.stdout.next()).rejects.toMatchObject({ code: 'cancelled' })
        await expect(running.finished).rejects.toMatchObject({ code: 'cancelled' })
        expect(await opened.count(marker)).toBe(0)
      })

      test.for([0, 1, 5, 20, 50, 100, 200, 400])('after %i ms, while it is silent', async milliseconds => {
        const marker = number()
        const abort = new AbortController()
        const running = exec(['sleep', marker], {}, abort.signal)
        const reading = drain(running.stdout)
        setTimeout(() => abort.abort(), milliseconds)
        await expect(reading).rejects.toMatchObject({ code: 'cancelled' })
        await expect(running.finished).rejects.toMatchObject({ code: 'cancelled' })
        await gone(marker)
      })

      test.for([0, 20, 100, 400])('after %i ms, while it writes to who does not read', async milliseconds => {
        const marker = number()
        const abort = new AbortController()
        const running = exec(['yes', marker], {}, abort.signal)
        setTimeout(() => abort.abort(), milliseconds)
        await expect(running.finished).rejects.toMatchObject({ code: 'cancelled' })
        await expect(running.stdout.next()).rejects.toMatchObject({ code: 'cancelled' })
        await gone(marker)
      })

      test('in the middle of output and input, with the reason that was given', async () => {
        const reason = new RespaldoError('timed-out', 'too long')
        const abort = new AbortController()
        const running = exec(['cat'], { stdin: patterned(1e15) }, abort.signal)
        let total = 0
        const read = async () => {
          for await (const piece of running.stdout) {
            total += piece.byteLength
            if (total > 5 * MB) abort.abort(reason)
          }
        }
        await expect(read()).rejects.toBe(reason)
        await expect(running.finished).rejects.toBe(reason)
      })

      test('after the end changes nothing', async () => {
        const abort = new AbortController()
        const running = exec(['printf', 'whole'], {}, abort.signal)
        expect((await collect(running.stdout)).toString()).toBe('whole')
        await running.finished
        abort.abort()
        await expect(running.finished).resolves.toBeUndefined()
      })
    })

    describe('abandoning the output', () => {
      test('before anything was read ends the command', async () => {
        const marker = number()
        const running = exec(['yes', marker])
        await running.stdout.return()
        await expect(running.finished).rejects.toMatchObject({ code: 'cancelled' })
        await gone(marker)
      })

      test('in the middle ends the command', async () => {
        const marker = number()
        const running = exec(['yes', marker])
        for await (const _ of running.stdout) break
        await expect(running.finished).rejects.toMatchObject({ code: 'cancelled' })
        await gone(marker)
      })

      test('while a read is pending ends the command', async () => {
        const marker = number()
        const running = exec(['sleep', marker])
        const pending = running.stdout.next()
        await wait(200)
        await Promise.all([
          expect(pending).rejects.toMatchObject({ code: 'cancelled' }),
          running.stdout.return(),
        ])
        await gone(marker)
      })

      test('after the end is no failure', async () => {
        const running = exec(['printf', 'whole'])
        await running.finished
        await running.stdout.return()
        await expect(running.finished).resolves.toBeUndefined()
      })
    })
  })
}

async function failureOf(bytes: Bytes): Promise<RespaldoError> {
  const error = await drain(bytes).catch(error => error)
  expect(error).toBeInstanceOf(RespaldoError)
  return error
}

/** Unique seconds, for `sleep`. */
function number(): string {
  return `3600.${randomBytes(6).readUIntBE(0, 6)}`
}

/** Pieces of one random megabyte, so that a lost or repeated one shows. */
async function* patterned(totalBytes: number, each?: (piece: Uint8Array) => void, ended?: () => void) {
  const block = randomBytes(MB + 7)
  try {
    for (let sent = 0; sent < totalBytes; ) {
      const piece = block.subarray(sent % 1009, Math.min(block.length, (sent % 1009) + totalBytes - sent))
      sent += piece.byteLength
      each?.(piece)
      yield piece
    }
  } finally {
    ended?.()
  }
}

async function* never(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {})
}
