import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock'
import { openEntry } from '#lib/repository/journal'
import { filesystemStore } from '#lib/store/filesystem'
import { thisHolder } from '../../runner/liveness.ts'
import { ensureImage } from '../testbed/images.ts'
import { testEngine } from '../testbed/provided.ts'
import { startSleeper } from '../testbed/volume-bench.ts'

const engine = testEngine()
const program = new URL('killed-function.ts', import.meta.url).pathname

/** The database is a double that is called `pc_db`; the containers are real. */
describe.skipIf(!engine)(
  'a run that is killed at any step leaves nothing stopped for longer than until the next',
  () => {
    let folder: string
    /** A repository that every run begins with a copy of. */
    let root: string
    const clients: Docker.Container[] = []

    const run = (at: string, nth: number, name: string, input: object) =>
      promisify(execFile)(process.execPath, [
        program,
        at,
        String(nth),
        name,
        JSON.stringify(input),
        engine!.socketPath,
      ]).then(
        ({ stdout }) => ({
          signal: null,
          answer: JSON.parse(stdout) as { warnings?: { message: string }[] },
        }),
        ({ signal, stderr }) => {
          expect(signal, stderr).toBe('SIGKILL')
          return { signal: 'SIGKILL', answer: undefined }
        },
      )
    const states = () => Promise.all(clients.map(async one => (await one.inspect()).State.Status))
    const going = ['running', 'running', 'exited']
    /** Of the journal. What a write left that was killed in the middle is no object. */
    const entries = async (at: string) =>
      (await readdir(join(at, 'journal', 'quiesce')).catch(() => [])).filter(name => name.endsWith('.json'))

    /** As a run leaves them that gave up. */
    async function layToRest(at: string): Promise<void> {
      const [web, api] = clients as [Docker.Container, Docker.Container]
      const workload = async (one: Docker.Container) => ({
        name: (await one.inspect()).Name.slice(1),
        id: one.id,
        kind: 'container' as const,
      })
      const entry = await openEntry(filesystemStore({ root: at }), systemClock, {
        run: 'gave-up',
        holder: { ...thisHolder(), function: 'create' },
        place: { environment: 'docker', address: `unix://${engine!.socketPath}` },
        state: 'resting',
        halted: [
          { workload: await workload(web), rest: 'stop' },
          { workload: await workload(api), rest: 'pause' },
        ],
        after: [await workload(web)],
      })
      await web.stop()
      await api.pause()
      await entry.leave(entry.entry)
      expect(await states()).toEqual(['exited', 'paused', 'exited'])
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'respaldo-killed-'))
      root = join(folder, 'backups')
      const image = await ensureImage(engine!, 'postgres:17')
      const client = { 'respaldo.client-of': 'pc_db' }
      const commands = { 'respaldo.exec-before': 'true', 'respaldo.exec-after': 'true' }
      for (const more of [commands, { 'respaldo.pause': 'true' }, {}])
        clients.push(await startSleeper(engine!, { image, Labels: { ...client, ...more } }))
      await clients[2]!.stop()
      await run(root, 0, 'create', { forceFull: true })
    })
    afterAll(async () => {
      await Promise.all(clients.map(one => one.remove({ force: true })))
      if (folder) await rm(folder, { recursive: true })
    })

    test('of create --stop', { timeout: 600_000 }, async () => {
      let recovered = 0
      let steps = 0
      for (let nth = 1; ; nth++) {
        const at = `${root}-${nth}`
        await cp(root, at, { recursive: true })
        const message = `killed at step ${nth}`
        const ended = await run(at, nth, 'create', { stop: true })
        // What reads starts it, and so does what writes.
        const { answer } = await run(at, 0, nth % 2 ? 'list' : 'create', {})
        expect(answer, message).not.toHaveProperty('error')
        expect(await states(), message).toEqual(going)
        expect(await entries(at), message).toEqual([])
        if (answer?.warnings?.some(({ message }) => message.includes('started again'))) recovered += 1
        await rm(at, { recursive: true })
        steps = nth
        if (ended.signal === null) break
      }
      expect(recovered).toBeGreaterThan(15)
      expect(steps).toBeGreaterThan(recovered)
    })

    test('of the recovery itself', { timeout: 600_000 }, async () => {
      for (let nth = 1; ; nth++) {
        const at = `${root}-again-${nth}`
        await cp(root, at, { recursive: true })
        await layToRest(at)
        const ended = await run(at, nth, 'list', {})
        await run(at, 0, 'list', {})
        expect(await states(), `killed at step ${nth}`).toEqual(going)
        expect(await entries(at)).toEqual([])
        await rm(at, { recursive: true })
        if (ended.signal === null) break
        expect(nth).toBeLessThan(30)
      }
    })
  },
)
