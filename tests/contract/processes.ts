import { readdir, readFile } from 'node:fs/promises'

/** How many processes of this machine (and of containers on it) have this text in their arguments; Linux only. */
export async function countProcesses(marker: string): Promise<number> {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map(id => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter(line => line.includes(marker)).length
}
