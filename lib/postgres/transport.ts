import { createGunzip } from 'node:zlib'
import { type Bytes, collect } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import { parseProbe, probe } from './pipeline.ts'
import { type Client, clientEnvironment } from './psql.ts'
import { pump } from './pump.ts'
import { unzstd } from './zstd-frames.ts'

/** How bytes are made small for the way between a source and the runner. */
export type Transport = 'zstd' | 'gzip' | 'none'

/** The best that both ends have; `none` where the way is a local pipe. */
export async function chooseTransport(client: Client, signal?: AbortSignal): Promise<Transport> {
  if (client.shell.local) return 'none'
  const command = { argv: probe(), env: clientEnvironment(client) }
  const tools = parseProbe((await collect(client.shell.exec(command, signal).stdout)).toString())
  if (!tools.pipes) return 'none'
  return tools.zstd ? 'zstd' : tools.gzip ? 'gzip' : 'none'
}

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
