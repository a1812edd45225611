import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Argv, buffered, parseProbe, pipeIn, pipeOut, probe } from '#lib/postgres/pipeline'
import { countProcesses } from './processes.ts'

/** What a pipeline promises under one shell: `shell` is how that is started (`['busybox', 'sh']`). */
export function pipelineContract(name: string, shell: Argv): void {
  describe(`pipeline contract: ${name}`, { timeout: 60_000 }, () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'respaldo-pipeline-'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    const start = (argv: Argv, input: 'pipe' | 'ignore' = 'ignore') =>
      spawn(shell[0], [...shell.slice(1), ...argv.slice(1)], {
        stdio: [input, 'pipe', 'pipe'],
        env: { ...process.env, TMPDIR: folder },
      })
    const run = async (argv: Argv, input: Uint8Array = Buffer.alloc(0)) => {
      const child = start(argv, 'pipe')
      const ended = new Promise<unknown>(resolve =>
        child.once('exit', (code, signal) => resolve(code ?? signal)),
      )
      child.stdin?.on('error', () => {}).end(input)
      const [stdout, stderr] = await Promise.all([buffer(child.stdout!), text(child.stderr!)])
      return { stdout, stderr, status: await ended }
    }

    test('bytes pass, and arguments are verbatim', async () => {
      const odd = [
        '',
        ' ',
        "it's",
        '"; exit 9; "',
        '$HOME',
        '`id`',
        'a\nb',
        '*',
        '-n',
        '\\',
        'ñ😀',
        '12',
        '13',
        '14',
      ]
      const { stdout, status } = await run(pipeOut(['printf', '%s\\0', ...odd], ['tr', "a'", 'b*']))
      const expected = odd
        .map(argument => `${argument}\0`)
        .join('')
        .replaceAll('a', 'b')
        .replaceAll("'", '*')
      expect(stdout.toString()).toBe(expected)
      expect(status).toBe(0)
    })

    test('50 MB come out of a pair of inverses as they went in', async () => {
      const input = randomBytes(50_000_000)
      const { stdout, status } = await run(pipeIn(['cat'], ['tr', '\\000-\\377', '\\000-\\377']), input)
      const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
      expect(hash(stdout)).toBe(hash(input))
      expect(status).toBe(0)
    })

    const exits = (status: number, script = 'true') => ['sh', '-c', `${script}; exit ${status}`] as const
    const cases: [string, Argv, Argv, number][] = [
      ['both succeed', exits(0), ['cat'], 0],
      ['the producer fails after its output', exits(3, 'echo half'), ['cat'], 3],
      ['the producer fails at once', exits(3), ['cat'], 3],
      ['the consumer fails after its input', exits(0, 'echo whole'), exits(4, 'cat'), 4],
      ['the consumer fails at once, the producer writes', ['yes'], exits(4), 4],
      ['the consumer fails at once, the producer is silent', ['sleep', '3600'], exits(4), 4],
      ['both fail', exits(3), exits(4, 'cat'), 3],
      ['the consumer succeeds without reading', ['yes'], exits(0), 141],
      ['the producer does not exist', ['respaldo-no-such-program'], ['cat'], 127],
      ['the consumer does not exist, the producer writes', ['yes'], ['respaldo-no-such-program'], 127],
      [
        'the consumer does not exist, the producer is silent',
        ['sleep', '3600'],
        ['respaldo-no-such-program'],
        127,
      ],
      ['the producer is killed', ['sh', '-c', 'kill -KILL $$'], ['cat'], 137],
      ['the consumer is killed', ['yes'], ['sh', '-c', 'kill -KILL $$'], 137],
    ]
    test.for(cases)('status: %s', async ([, producer, consumer, expected]) => {
      const { status } = await run(pipeOut(producer, consumer))
      expect(status).toBe(expected)
    })

    test('stderr has what the programs said, and says nothing of its own', async () => {
      const { stderr } = await run(
        pipeOut(exits(3, 'echo first >&2'), exits(4, 'cat; sleep 0.1; echo second >&2')),
      )
      expect(stderr).toBe('first\nsecond\n')
    })

    test('an input that nobody finishes reading is no hang', async () => {
      const { status } = await run(pipeIn(['cat'], exits(4)), randomBytes(5_000_000))
      expect(status).toBe(4)
    })

    test('large buffers change no byte, no status and no name', async () => {
      const tools = parseProbe((await run(probe())).stdout.toString())
      if (!tools.buffers) {
        const { status } = await run(['sh', '-c', 'stdbuf -o 64K true'])
        expect(status).not.toBe(0)
        return
      }
      const there = buffered(['sh', '-c', 'cat; echo end'])
      const { stdout, status } = await run(pipeIn(['cat'], there), randomBytes(1_000_000))
      expect({ status, bytes: stdout.length, end: stdout.subarray(-4).toString() }).toEqual({
        status: 0,
        bytes: 1_000_004,
        end: 'end\n',
      })
      expect((await run(pipeOut(buffered(['sh', '-c', 'exit 3']), ['cat']))).status).toBe(3)
      expect(pipeOut(buffered(['pg_dump']), ['zstd'])[3]).toBe('pg_dump | zstd')
    })

    test('the probe finds what there is', async () => {
      const { stdout, status } = await run(probe())
      expect(status).toBe(0)
      expect(parseProbe(stdout.toString())).toMatchObject({ gzip: true, pipes: true })
      const { stdout: less } = await run(['sh', '-c', `PATH=/nowhere; ${probe()[2]}`, ...probe().slice(3)])
      expect(parseProbe(less.toString())).toMatchObject({ zstd: false, pg_dump: false, psql: false })
    })

    test('TERM at any moment ends both, waits for them, and leaves no file', async () => {
      const statuses: unknown[] = []
      for (let round = 0; round < 40; round += 1) {
        const marker = `3600.${randomBytes(6).readUIntBE(0, 6)}`
        const producer: Argv = round % 2 ? ['sleep', marker] : ['yes', marker]
        const child = start(pipeOut(producer, round % 3 ? ['sleep', marker] : ['cat']))
        const ended = new Promise<unknown>(resolve =>
          child.once('exit', (code, signal) => resolve(code ?? signal)),
        )
        await wait((round * 7) % 23)
        // A signal between fork and exec may be lost: who wants the end repeats it.
        const again = setInterval(() => child.kill('SIGTERM'), 200)
        child.kill('SIGTERM')
        statuses.push(await ended)
        clearInterval(again)
        expect(await countProcesses(marker)).toBe(0)
      }
      // The signal itself is the status where it came before the script had begun.
      expect(new Set([...statuses, 143, 'SIGTERM'])).toEqual(new Set([143, 'SIGTERM']))
      expect(statuses.filter(status => status === 143).length).toBeGreaterThan(20)
      expect(await readdir(folder)).toEqual([])
    })
  })
}
