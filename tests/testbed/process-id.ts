import { readdirSync, readFileSync } from 'node:fs'

/** A process for ever: its id and, where /proc tells it, when it began, since ids are used again. */
export function processKey(pid: number = process.pid): string {
  return `${pid}-${startOf(pid) ?? 0}`
}

/** Says whether the very process of that key still runs. */
export function isAlive(key: string): boolean {
  const [pid, start] = key.split('-').map(Number)
  if (!pid) return false
  if (start) return startOf(pid) === start
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Ids of the processes whose command line or control group holds `mark`, zombies left out. */
export function processesOf(mark: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0 && pid !== process.pid)
    .filter(pid => `${read(pid, 'cmdline')}${read(pid, 'cgroup')}`.includes(mark))
    .filter(pid => startOf(pid) !== undefined)
}

function startOf(pid: number): number | undefined {
  // Behind the command's name, which may hold spaces: state is field 3, the start time field 22.
  const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
  return fields[0] === 'Z' || !fields[19] ? undefined : Number(fields[19])
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
