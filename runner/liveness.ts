import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Services } from '#lib/services'

/** This process as a holder of leases. `startedAt` is `<boot>/<pid namespace>/<start ticks>` on Linux, elsewhere empty. */
export function thisHolder(): Services['holder'] {
  return { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) ?? '' }
}

/**
 * Whether a holder's process still runs: undefined where that cannot be told, as on another host. A host is more than its name: containers
 * and machines may share one, and the process ids of one mean nothing in the other. A process id that was used again has another start.
 */
export function isAlive({ host, pid, startedAt }: Services['holder']): boolean | undefined {
  if (host !== hostname()) return undefined
  const here = startOf(process.pid)
  if (here && placeOf(here) !== placeOf(startedAt)) return undefined
  if (!exists(pid)) return false
  if (stateOf(pid) === 'Z') return false
  const start = startOf(pid)
  return start === undefined || startedAt === '' || start === startedAt
}

/** Also true of a process that belongs to somebody else. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Undefined where there is no /proc, or where it hides other people's processes. */
function startOf(pid: number): string | undefined {
  const ticks = fieldsOf(pid)[19]
  if (ticks === undefined) return undefined
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}/${ticks}`
  } catch {
    return undefined
  }
}

function placeOf(start: string): string {
  return start.slice(0, start.lastIndexOf('/'))
}

function stateOf(pid: number): string | undefined {
  return fieldsOf(pid)[0]
}

/** Of proc_pid_stat(5) from the third on: those before may hold spaces. */
function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return [] // not Linux, hidden, or gone
  }
}
