import type { Bytes } from '../bytes.ts'
import { throwIfAborted, toRespaldoError } from '../errors.ts'
import { silent } from '../events.ts'
import type { RestoreInput, Scripts } from './database.ts'
import { openFeed, packedDump } from './feed.ts'
import { toolVersion } from './inspect.ts'
import { pipeIn, pipeOut } from './pipeline.ts'
import { type Client, clientEnvironment, explained } from './psql.ts'
import { chooseWay, compressor, decompressor, unpack, type Way } from './transport.ts'

/** Scripts by the `pg_restore` that a shell finds; no server is asked. */
export function shellScripts(clientOf: (run: string) => Promise<Client>): Scripts {
  return {
    version: async signal => toolVersion(await clientOf('script'), 'pg_restore', signal),
    async *script(input, signal) {
      yield* script(await clientOf('script'), input, signal)
    },
  }
}

/** The archive goes in while its SQL comes out, both at the pace of who reads. */
async function* script(client: Client, input: RestoreInput, signal?: AbortSignal): Bytes {
  throwIfAborted(signal)
  const way = await chooseWay(client, signal)
  const { transport } = way
  const feed = openFeed(stop => packedDump(input, transport, silent, { signal: stop }))
  const command = { argv: scriptArguments(way), env: clientEnvironment(client), stdin: feed.stdin }
  try {
    yield* unpack(client.shell.exec(command, signal).stdout, transport)
    feed.throwIfBroken()
  } catch (error) {
    feed.throwIfBroken()
    throw signal?.aborted ? toRespaldoError(signal.reason) : explained(error, client.connection)
  }
}

function scriptArguments({ transport, piped }: Way): readonly [string, ...string[]] {
  const restore = ['pg_restore', '--file=-'] as const
  if (transport === 'none') return restore
  return pipeIn(decompressor(transport), pipeOut(piped(restore), compressor(transport)))
}
