import { createGunzip } from 'node:zlib'
import { type Bytes, collect } from '../bytes.ts'
import type { Shell } from '../environment/environment.ts'
import { RespaldoError } from '../errors.ts'
import { type Argv, buffered, parseProbe, probe, type Tools } from './pipeline.ts'
import { type Client, clientEnvironment } from './psql.ts'
import { pump } from './pump.ts'
import { unzstd } from './zstd-frames.ts'

/** How bytes are made small for the way between a source and the runner. */
export type Transport = 'zstd' | 'gzip' | 'none'

/** How a PostgreSQL client and the runner are joined. */
export interface Way {
  transport: Transport
  /** The client's command as it runs best in a pipe. */
  piped(command: Argv): Argv
}

const plain: Way = { transport: 'none', piped: command => command }

/** The best that both ends have; `none` where the way is a local pipe. */
export async function chooseWay(client: Client, signal?: AbortSignal): Promise<Way> {
  if (client.shell.local) return plain
  const { pipes, zstd, gzip, buffers } = await toolsOf(client, signal)
  if (!pipes || !(zstd || gzip)) return plain
  return { transport: zstd ? 'zstd' : 'gzip', piped: command => (buffers ? buffered(command) : command) }
}

const probed = new WeakMap<Shell, Promise<Tools>>()

/** Asked once for a shell, unless asking failed. */
function toolsOf(client: Client, signal: AbortSignal | undefined): Promise<Tools> {
  const known = probed.get(client.shell)
  if (known) return known
  const { stdout } = client.shell.exec({ argv: probe(), env: clientEnvironment(client) }, signal)
  const asked = collect(stdout).then(output => parseProbe(output.toString()))
  probed.set(client.shell, asked)
  asked.catch(() => probed.delete(client.shell))
  return asked
}

/** What makes a dump small beside the database. */
export function compressor(transport: Exclude<Transport, 'none'>): Argv {
  return transport === 'zstd' ? ['zstd', '-1', '-q', '-c'] : ['gzip', '-1', '-c']
}

/** What unpacks beside the database. */
export const decompressor = (transport: Exclude<Transport, 'none'>): Argv => [transport, '-dcq']

/** What came over the transport, unpacked; a stream cut before the compressor's own end (with its checksum) is `command-failed`. */
export async function* unpack(bytes: Bytes, transport: Transport): AsyncGenerator<Uint8Array, void, void> {
  if (transport === 'none') {
    yield* bytes
    return
  }
  try {
    yield* transport === 'zstd' ? unzstd(bytes) : pump(bytes, createGunzip({ chunkSize: 256 * 1024 }))
  } catch (cause) {
    if (cause instanceof RespaldoError) throw cause
    throw new RespaldoError(
      'command-failed',
      `The ${transport} stream from the source was cut or damaged on its way`,
      {
        cause,
        hint: 'Try again; if it happens again, look at the log of the container engine and of the server.',
      },
    )
  }
}
