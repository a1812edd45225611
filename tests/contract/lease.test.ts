import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = new URL('lease-racer.ts', import.meta.url).pathname

let root: string
let children: ChildProcess[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'respaldo-lease-'))
  children = []
})
afterEach(async () => {
  await Promise.all(children.map(end))
  await rm(root, { recursive: true })
})

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** A process that waits at the start. */
async function racer(run: string) {
  const child = spawn(process.execPath, [program, root, run], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const heard = async () => JSON.parse((await lines.next()).value ?? '"nothing"')
  expect(await heard()).toBe('ready')
  return {
    run,
    child,
    go: (): Promise<{ held?: number; previous?: string; waited?: boolean; refused?: string }> => {
      child.stdin.write('go\n')
      return heard()
    },
  }
}

test('of processes at once exactly one holds the lease; when it is killed the next one takes over at once', {
  timeout: 60_000,
}, async () => {
  const racers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(racer))
  const next = await racer('next')
  const results = await Promise.all(racers.map(({ go }) => go()))
  expect(results.filter(({ held }) => held !== undefined)).toEqual([{ held: 1, waited: false }])
  expect(results.filter(({ refused }) => refused === 'repository-locked')).toHaveLength(4)

  const winner = racers[results.findIndex(({ held }) => held !== undefined)]
  if (winner) await end(winner.child)
  expect(await next.go()).toEqual({ held: 2, previous: winner?.run, waited: false })
})
