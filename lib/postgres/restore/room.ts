import { collect } from '../../bytes.ts'
import { RespaldoError } from '../../errors.ts'
import type { Client } from '../psql.ts'

/**
 * Bytes free on the disk that holds the server's `folder`; undefined where that cannot be told: from another machine, without the right
 * to know the folder (then it is null), or without `df`.
 */
export async function freeBytes(
  client: Client,
  folder: string | null,
  signal?: AbortSignal,
): Promise<number | undefined> {
  if (!isBeside(client) || folder === null) return undefined
  try {
    const { stdout } = client.shell.exec({ argv: ['df', '-Pk', folder] }, signal)
    return parseAvailable((await collect(stdout)).toString())
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'command-failed') return undefined // no df, or not allowed
    throw error
  }
}

/** A shell in the server's container, or a server that is reached by a socket of this machine. */
function isBeside({ shell, connection }: Client): boolean {
  return !shell.local || connection.env.PGHOST?.startsWith('/') === true
}

/** Of `df -Pk` (POSIX): the fourth column of the last line, in units of 1024 bytes. */
export function parseAvailable(output: string): number | undefined {
  const blocks = /^.*\s\d+\s+-?\d+\s+(-?\d+)\s+\S+\s+\/.*$/m.exec(output.trim().split('\n').at(-1) ?? '')?.[1]
  return blocks === undefined ? undefined : Math.max(0, Number(blocks)) * 1024
}
