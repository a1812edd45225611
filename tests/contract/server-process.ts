import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#lib/clock'
import type { GivenLimits } from '#lib/config/limits'
import { acquireLease } from '#lib/repository/lease'
import { openRepository } from '#lib/repository/repository'
import type { RunRecord } from '#lib/runs/record'
import { filesystemStore } from '#lib/store/filesystem'
import { functions } from '../../functions/index.ts'
import { isAlive, thisHolder } from '../../runner/liveness.ts'
import { emptyServices } from '../doubles/services.ts'
import { stillServer } from '../doubles/still-database.ts'
import { startCli } from '../e2e/cli.ts'

/** A repository in a folder with one backup, whose source a test can hold so that runs on it go on for as long as it likes. */
export async function heldRepository() {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-serve-'))
  const directory = join(folder, 'backups')
  const store = filesystemStore({ root: directory })
  const services = emptyServices({
    repository: options => openRepository(store, systemClock, options),
    locate: stillServer().locate,
  })
  const made = await functions.create!.app.request('/', { method: 'POST', body: '{}' }, services)
  const { backup } = (await made.json()) as { backup: { id: string } }
  return {
    folder,
    directory,
    store,
    backup: backup.id,
    /** As a run of this process does. */
    hold: () =>
      acquireLease(store, systemClock, {
        source: 'pc_db',
        run: 'test',
        holder: { ...thisHolder(), function: 'test' },
        isAlive,
        wait: false,
        report: () => {},
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

/** `respaldo serve` as a process of its own, on a port of its own. */
export async function startServer(
  { folder, directory }: { folder: string; directory: string },
  limits: GivenLimits = {},
  env: Readonly<Record<string, string>> = {},
) {
  await writeFile(join(folder, 'respaldo.yaml'), JSON.stringify({ limits }))
  const child = startCli(['serve', '--port', '0', '--dir', directory], env, folder)
  const url = (await child.said(/http:\/\/\S+(?=\/api\/)/)).toString()
  const call = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, init)
  const post = (path: string, body: object, headers = {}) =>
    call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  return {
    ...child,
    call,
    post,
    async begin(name: string, body: object): Promise<RunRecord> {
      const answer = await post(`/api/${name}`, body, { prefer: 'respond-async' })
      return ((await answer.json()) as { run: RunRecord }).run
    },
    async run(id: string): Promise<RunRecord> {
      return ((await (await call(`/api/runs/${id}`)).json()) as { run: RunRecord }).run
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.finished
    },
  }
}
