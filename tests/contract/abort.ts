import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { drain } from '#lib/bytes'
import type { Command, Connection, Process, Shell } from '#lib/environment/environment'
import { type Argv, pipeIn, pipeOut } from '#lib/postgres/pipeline'
import type { PostgresContainer, PostgresOptions } from '../testbed/postgres.ts'

const dump: Argv = ['pg_dump', '--format=custom', '--compress=0']
const many = [0, 30, 60, 90, 120, 150, 200, 300, 450]
const few = [40, 120, 250]

/** Which image, what it dumps with, and how often it is aborted. */
export interface AbortCase {
  version: NonNullable<PostgresOptions['version']>
  argv: Argv
  moments: readonly number[]
}

/** One of each kind of image. */
export const abortCases: readonly AbortCase[] = [
  { version: '15', argv: pipeOut(dump, ['zstd', '-1', '-q']), moments: many },
  { version: '17', argv: pipeOut(dump, ['zstd', '-1', '-q']), moments: many },
  { version: '17-bare', argv: pipeOut(dump, ['gzip', '-1']), moments: few },
  { version: '15-bare', argv: dump, moments: few },
]

/** A server that nobody else uses, and the way to it that is tested. */
export interface Attacked {
  postgres: PostgresContainer
  shell: Shell
  /** In which somebody else is at work meanwhile, by question and answer. */
  bystander: Shell
  connection: Connection
  close(): Promise<void>
}

// A process that is killed without its parent makes the postmaster, as process 1, restart the server: these are its words for that.
const crashWords =
  /terminating any other active server processes|was terminated by signal|untracked child process/

/** Aborting ends a command with all that it started, and nobody else notices: above all not the server, whose process 1 is the postmaster. */
export function abortContract(
  name: string,
  { argv, moments }: AbortCase,
  open: () => Promise<Attacked>,
): void {
  describe(`aborting: ${name}`, () => {
    let attacked: Attacked
    let postgres: PostgresContainer
    let shell: Shell
    let connection: Connection
    let other: Session
    let run = 0

    beforeAll(async () => {
      attacked = await open()
      ;({ postgres, shell, connection } = attacked)
      await postgres.sql(`CREATE TABLE big AS SELECT g AS id, md5(g::text) || md5((g * 7)::text) AS text
      FROM generate_series(1, 600000) AS g; CREATE TABLE empty (id int)`)
      other = openSession(attacked.bystander, connection)
      await other.ask('SELECT 1')
    })
    afterAll(async () => {
      await other?.close()
      await attacked?.close()
    })
    afterEach(assertNothingHappened)

    const start = (command: Argv, signal: AbortSignal | undefined, more: Partial<Command> = {}): Process => {
      run += 1
      const env = { ...connection.env, PGAPPNAME: `respaldo-${run}` }
      return shell.exec({ argv: command, env, ...more }, signal)
    }
    const cancelled = (process: Process) =>
      Promise.all([
        expect(drain(process.stdout)).rejects.toMatchObject({ code: 'cancelled' }),
        expect(process.finished).rejects.toMatchObject({ code: 'cancelled' }),
      ])

    test('a dump runs to its end when it is left alone', async () => {
      let total = 0
      for await (const piece of start(argv, undefined).stdout) total += piece.byteLength
      expect(total).toBeGreaterThan(1_000_000)
    })

    test.for(moments)('a dump after %i ms', async milliseconds => {
      const abort = new AbortController()
      const running = start(argv, abort.signal)
      setTimeout(() => abort.abort(), milliseconds)
      // It may have been quicker.
      const ended = await drain(running.stdout).catch(error => error)
      if (ended !== undefined) expect(ended).toMatchObject({ code: 'cancelled' })
    })

    test('a dump whose output nobody reads', async () => {
      const abort = new AbortController()
      const running = start(argv, abort.signal)
      await wait(300)
      abort.abort()
      await cancelled(running)
    })

    // It would wait for ever: whatever survives is seen.
    test.for(moments)('a dump that waits for a lock, after %i ms', async milliseconds => {
      await other.ask('BEGIN; LOCK TABLE empty IN ACCESS EXCLUSIVE MODE; SELECT 1')
      const abort = new AbortController()
      const running = start(argv, abort.signal)
      setTimeout(() => abort.abort(), milliseconds)
      await cancelled(running)
      await assertNothingHappened()
      await other.ask('COMMIT; SELECT 1')
    })

    test('a dump that its reader abandons', async () => {
      const running = start(argv, undefined)
      for await (const _ of running.stdout) break
      await expect(running.finished).rejects.toMatchObject({ code: 'cancelled' })
    })

    test('a dump whose backend is ended fails by itself', async () => {
      await other.ask('BEGIN; LOCK TABLE empty IN ACCESS EXCLUSIVE MODE; SELECT 1')
      const running = start(argv, undefined)
      const reading = expect(drain(running.stdout)).rejects.toMatchObject({ code: 'command-failed' })
      const end = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'respaldo-${run}'`
      await expect.poll(() => postgres.sql(end)).toBe('1')
      await reading
      await other.ask('COMMIT; SELECT 1')
    })

    test.for(few)('a restore after %i ms, in the middle of its input', async milliseconds => {
      const into: Argv = ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', '-']
      const command = argv === dump ? into : pipeIn(['cat'], into)
      const abort = new AbortController()
      const running = start(command, abort.signal, { stdin: endlessInserts() })
      setTimeout(() => abort.abort(), milliseconds)
      await cancelled(running)
    })

    test('dumps were really ended in the middle, and not waited for', async () => {
      const ended = /canceling statement due to user request|unexpected EOF on client connection/g
      expect([...(await postgres.logs()).matchAll(ended)].length).toBeGreaterThan(few.length)
    })

    async function processes(): Promise<string[]> {
      const { stdout } = await postgres.exec(['ps', '-eo', 'comm'])
      return stdout.split('\n').filter(name => /^(pg_dump|psql|zstd|gzip|cat|sed|base64)$/.test(name))
    }

    /** No process is left, no backend of a run, nobody lost a connection, and the server did not restart. */
    async function assertNothingHappened(): Promise<void> {
      // Not at once: the test's own questions may still be on their way out.
      await expect.poll(processes).toEqual(['psql']) // of the other session
      const backends = `SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^respaldo-[0-9]+$'`
      await expect.poll(() => postgres.sql(backends)).toBe('0')
      expect(await other.ask('SELECT pg_backend_pid()')).toBe(await other.backend)
      expect(await postgres.logs()).not.toMatch(crashWords)
    }
  })
}

interface Session {
  /** Of its first question; another one would mean that the connection was lost. */
  backend: Promise<string>
  /** The only line of the answer. */
  ask(sql: string): Promise<string>
  close(): Promise<void>
}

/** A client as there are others: connected all the time, asking now and then. */
function openSession(shell: Shell, { env }: Connection): Session {
  const questions: string[] = []
  let wake = () => {}
  let closed = false
  async function* stdin() {
    while (!closed) {
      const next = questions.shift()
      if (next !== undefined) yield Buffer.from(`${next};\n`)
      else
        await new Promise<void>(resolve => {
          wake = resolve
        })
    }
  }
  const argv = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'] as const
  const { stdout } = shell.exec({ argv, env, stdin: stdin() })
  const answer = async (sql: string) => {
    questions.push(sql)
    wake()
    let line = ''
    while (!line.endsWith('\n')) {
      const { value, done } = await stdout.next()
      if (done) throw new Error(`the session ended before it answered ${sql}`)
      line += Buffer.from(value)
    }
    return line.trim()
  }
  // One question at a time: two answers can come as one piece.
  let last: Promise<unknown> = Promise.resolve()
  const ask = (sql: string) => {
    const asked = last.then(() => answer(sql))
    last = asked.catch(() => {})
    return asked
  }
  const close = async () => {
    closed = true
    wake()
    await drain(stdout)
  }
  return { backend: ask('SELECT pg_backend_pid()'), ask, close }
}

async function* endlessInserts() {
  yield Buffer.from('CREATE TEMP TABLE target (text text);\n')
  const line = `INSERT INTO target VALUES ('${'x'.repeat(200)}');\n`
  for (;;) yield Buffer.from(line.repeat(100))
}
