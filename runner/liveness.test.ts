import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isAlive, thisHolder } from './liveness.ts'

const here = thisHolder()

test('this process is alive', () => {
  expect(isAlive({ ...here })).toBe(true)
})

test('of another host nothing can be told', () => {
  expect(isAlive({ ...here, host: 'elsewhere', pid: 2 ** 22 + 1 })).toBeUndefined()
})

test('a process that ended is gone, one that runs is not', async () => {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const holder = { ...here, pid: child.pid ?? 0 }
  expect(isAlive({ ...holder, startedAt: startOf(holder.pid) })).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(holder)).toBe(false)
})

if (process.platform === 'linux') {
  test('a process id that was used again is another process', () => {
    const startedAt = here.startedAt.replace(/\d+$/, '1')
    expect(isAlive({ ...here, startedAt })).toBe(false)
  })

  test('a machine of the same name, or a container of this one: nothing can be told', () => {
    const dead = { ...here, pid: 2 ** 22 + 1 }
    expect(isAlive(dead)).toBe(false)
    const [boot = '', space = '', ticks = ''] = here.startedAt.split('/')
    expect(isAlive({ ...dead, startedAt: `other/${space}/${ticks}` })).toBeUndefined()
    expect(isAlive({ ...dead, startedAt: `${boot}/pid:[1]/${ticks}` })).toBeUndefined()
    expect(isAlive({ ...dead, startedAt: '' })).toBeUndefined()
  })

  test('a zombie is gone', async () => {
    // The shell becomes a program that never asks how its child ended.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'])
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(String(line))
    const holder = { ...here, pid, startedAt: startOf(pid) }
    await expect.poll(() => isAlive(holder)).toBe(false)
    parent.kill()
  })
}

/** What a process of that id would say of itself. */
function startOf(pid: number): string {
  if (process.platform !== 'linux') return ''
  const ticks = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[19]
  return here.startedAt.replace(/\d+$/, ticks ?? '')
}
