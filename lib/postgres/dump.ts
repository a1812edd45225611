import type { Bytes } from '../bytes.ts'
import { RespaldoError, throwIfAborted, toRespaldoError } from '../errors.ts'
import { endBackends } from './backends.ts'
import type { DumpFormat, DumpRequest, Globals, Scope } from './database.ts'
import { pipeOut } from './pipeline.ts'
import { type Client, clientEnvironment, explained } from './psql.ts'
import { chooseWay, compressor, unpack } from './transport.ts'

/** pg_dump's arguments; the archive is left uncompressed because its content is cut and compressed here. */
export function dumpArguments(format: DumpFormat, scope: Scope): [string, ...string[]] {
  return [
    'pg_dump',
    '--no-password',
    ...(format === 'custom' ? ['--format=custom', '--compress=0'] : ['--format=plain']),
    ...(scope.schemaOnly ? ['--schema-only'] : []),
    ...(scope.schemas ?? []).map(pattern => `--schema=${pattern}`),
    ...(scope.tables ?? []).map(pattern => `--table=${pattern}`),
    ...(scope.excludeTables ?? []).map(pattern => `--exclude-table=${pattern}`),
  ]
}

/** The raw dump, whatever carried it. Aborting ends the server's backend first, so that no process beside the database is killed. */
export async function* dump(
  client: Client,
  request: DumpRequest,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  throwIfAborted(signal)
  const { transport, piped } = await chooseWay(client, signal)
  const producer = dumpArguments(request.format, request.scope)
  const argv = transport === 'none' ? producer : pipeOut(piped(producer), compressor(transport))
  const kill = new AbortController()
  const stop = () => void endGently(client, kill)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const process = client.shell.exec({ argv, env: clientEnvironment(client) }, kill.signal)
    process.finished.catch(() => {}) // the stream tells
    yield* unpack(process.stdout, transport)
  } catch (error) {
    throw signal?.aborted ? toRespaldoError(signal.reason) : explained(error, client.connection)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** First the backend, as pg_dump then fails by itself; then, for what has no backend yet, the command. */
async function endGently(client: Client, kill: AbortController): Promise<void> {
  await endBackends(client, [client.run], AbortSignal.timeout(3000)).catch(() => {}) // the command is ended next in any case
  kill.abort(new RespaldoError('cancelled', 'The run was cancelled'))
}

/** Roles and tablespaces as SQL; without the right to read them, why. Password hashes only when asked for. */
export async function globals(
  client: Client,
  options: { passwords: boolean },
  signal?: AbortSignal,
): Promise<Globals> {
  const argv: [string, ...string[]] = [
    'pg_dumpall',
    '--globals-only',
    '--no-password',
    ...(options.passwords ? [] : ['--no-role-passwords']),
  ]
  try {
    const bytes: Bytes = client.shell.exec({ argv, env: clientEnvironment(client) }, signal).stdout
    const parts: Uint8Array[] = []
    for await (const part of bytes) parts.push(part)
    return { sql: Buffer.concat(parts).toString() }
  } catch (error) {
    if (!(error instanceof RespaldoError) || error.code !== 'command-failed') throw error
    return { missing: `not permitted or not possible: ${lastLine(error)}` }
  }
}

function lastLine(error: RespaldoError): string {
  const lines = String(error.context?.stderr ?? error.message)
    .trim()
    .split('\n')
  return lines.at(-1) ?? error.message
}
