import { collect } from '../../bytes.ts'
import { RespaldoError } from '../../errors.ts'
import { type Client, query } from '../psql.ts'

/**
 * Bytes free on the disk that holds the server's databases; undefined where that cannot be told: from another machine, without the right
 * to know the folder, or without `df`.
 */
export async function freeBytes(
  client: Client,
  options: { database: string; signal: AbortSignal | undefined },
): Promise<number | undefined> {
  if (!isBeside(client)) return undefined
  const [row] = await query<{ folder: string }>(
    client,
    `SELECT setting AS folder FROM pg_settings WHERE name = 'data_directory'`,
    options,
  )
  return row && available(client, row.folder, options.signal)
}

/** A shell in the server's container, or a server that is reached by a socket of this machine. */
function isBeside({ shell, connection }: Client): boolean {
  return !shell.local || connection.env.PGHOST?.startsWith('/') === true
}

async function available(client: Client, folder: string, signal?: AbortSignal): Promise<number | undefined> {
  try {
    const { stdout } = client.shell.exec({ argv: ['df', '-Pk', folder] }, signal)
    return parseAvailable((await collect(stdout)).toString())
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'command-failed') return undefined // no df, or not allowed
    throw error
  }
}

/** Of `df -Pk` (POSIX): the fourth column of the last line, in units of 1024 bytes. */
export function parseAvailable(output: string): number | undefined {
  const blocks = /^.*\s\d+\s+-?\d+\s+(-?\d+)\s+\S+\s+\/.*$/m.exec(output.trim().split('\n').at(-1) ?? '')?.[1]
  return blocks === undefined ? undefined : Math.max(0, Number(blocks)) * 1024
}
