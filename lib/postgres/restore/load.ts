import { type Bytes, drain } from '../../bytes.ts'
import { RespaldoError, throwIfAborted, toRespaldoError } from '../../errors.ts'
import { counted, type Report } from '../../events.ts'
import { endBackends } from '../backends.ts'
import type { RestoreInput, RestoreRequest } from '../database.ts'
import { pipeIn } from '../pipeline.ts'
import { guardPlain } from '../plain.ts'
import { type Client, clientEnvironment, explained } from '../psql.ts'
import { chooseTransport } from '../transport.ts'
import { definitionsOf } from './contents.ts'
import { pack } from './pack.ts'

/** Where a dump is loaded, and whether all of it or nothing stays. */
export interface LoadOptions {
  database: string
  /** One transaction around all: for a database that is not ours to drop when it fails. */
  single: boolean
  /** Only this part of an archive. */
  section?: 'pre-data' | 'data' | 'post-data'
}

/** Feeds a dump to pg_restore or psql beside the database. Whatever fails in it, the first error is thrown; nothing is skipped. */
export async function load(
  client: Client,
  request: RestoreRequest,
  input: RestoreInput,
  options: LoadOptions,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  throwIfAborted(signal)
  const transport = await chooseTransport(client, signal)
  const consumer = input.format === 'custom' ? restoreArguments(request, options) : psqlArguments(options)
  const isData = (options.section ?? 'data') === 'data'
  const argv = transport === 'none' ? consumer : pipeIn([transport, '-dcq'], consumer)
  const kill = new AbortController()
  const stop = () =>
    void endBackends(client, [client.run], AbortSignal.timeout(3000))
      .catch(() => {})
      .then(() => kill.abort(signal?.reason))
  signal?.addEventListener('abort', stop, { once: true })
  const broken = new AbortController()
  const bytes = isData
    ? source(request, input, transport, report, broken.signal)
    : pack(definitionsOf(input, broken.signal), transport)
  const stdin = watched(bytes, error => broken.abort(error))
  try {
    await drain(
      client.shell.exec({ argv, env: clientEnvironment(client, options.database), stdin }, kill.signal)
        .stdout,
    )
    if (broken.signal.aborted) throw broken.signal.reason
  } catch (error) {
    if (broken.signal.aborted) throw broken.signal.reason
    throw signal?.aborted ? toRespaldoError(signal.reason) : explained(loadFailure(error), client.connection)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** What the command reads. A backup's own frames go as they are stored. */
function source(
  { subscriptions = false }: RestoreRequest,
  input: RestoreInput,
  transport: 'zstd' | 'gzip' | 'none',
  report: Report,
  signal: AbortSignal,
): Bytes {
  const total = { totalBytes: input.rawBytes }
  if (input.format === 'plain')
    return pack(
      counted(guardPlain(input.open(signal), { subscriptions }), 'restore', report, total),
      transport,
    )
  if (transport === 'zstd' && input.openZstd)
    return counted(input.openZstd(signal), 'restore', report, { totalBytes: input.storedBytes })
  return pack(counted(input.open(signal), 'restore', report, total), transport)
}

/** A stream whose own failure is told before the command sees a short input. */
async function* watched(bytes: Bytes, failed: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    failed(error)
    throw error
  }
}

function restoreArguments(request: RestoreRequest, options: LoadOptions): [string, ...string[]] {
  return [
    'pg_restore',
    '--exit-on-error',
    '--no-password',
    ...(request.subscriptions ? [] : ['--no-subscriptions']),
    ...(options.single ? ['--single-transaction'] : []),
    ...(options.section ? [`--section=${options.section}`] : []),
    ...(request.tables ?? []).map(table => `--table=${table}`),
    ...(request.schemas ?? []).map(schema => `--schema=${schema}`),
    `--dbname=${connectionInfo(options.database)}`,
  ]
}

/** A database's name as libpq's connection string, in which no name means anything else. */
const connectionInfo = (database: string): string => `dbname='${database.replaceAll(/[\\']/g, '\\$&')}'`

function psqlArguments(options: LoadOptions): [string, ...string[]] {
  return [
    'psql',
    '-X',
    '-q',
    '-w',
    '-v',
    'ON_ERROR_STOP=1',
    ...(options.single ? ['-1'] : []),
    '-o',
    '/dev/null',
    '-f',
    '-',
  ]
}

function loadFailure(error: unknown): unknown {
  if (!(error instanceof RespaldoError) || error.code !== 'command-failed') return error
  return new RespaldoError('command-failed', `The backup did not load: ${error.message}`, {
    hint: 'The old data was left as it was. The message names the statement that failed.',
    context: error.context,
    cause: error,
  })
}
