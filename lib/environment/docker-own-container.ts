import { readFileSync } from 'node:fs'

/** The id of the container in which this process runs, whatever its host name is; undefined outside of one. */
export function ownContainer(): string | undefined {
  try {
    return containerOf(readFileSync('/proc/self/mountinfo', 'utf8'))
  } catch {
    return undefined // not Linux
  }
}

/** An engine mounts /etc/hostname from the container's own folder, which is named by its id. */
export function containerOf(mounts: string): string | undefined {
  return /\/([0-9a-f]{64})\/(?:userdata\/)?hostname \/etc\/hostname /.exec(mounts)?.[1]
}
