import { drain } from '../../bytes.ts'
import { RespaldoError, throwIfAborted, toRespaldoError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { endBackends } from '../backends.ts'
import type { RestoreInput, RestoreRequest } from '../database.ts'
import { openFeed, packedDump } from '../feed.ts'
import { pack } from '../pack.ts'
import { pipeIn } from '../pipeline.ts'
import { type Client, clientEnvironment, explained } from '../psql.ts'
import { chooseWay, decompressor } from '../transport.ts'
import { definitionsOf } from './contents.ts'

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
  const { transport, piped } = await chooseWay(client, signal)
  const consumer = input.format === 'custom' ? restoreArguments(request, options) : psqlArguments(options)
  const argv = transport === 'none' ? consumer : pipeIn(decompressor(transport), piped(consumer))
  const kill = new AbortController()
  const stop = () =>
    void endBackends(client, [client.run], AbortSignal.timeout(3000))
      .catch(() => {})
      .then(() => kill.abort(signal?.reason))
  signal?.addEventListener('abort', stop, { once: true })
  const { subscriptions = false } = request
  const isData = (options.section ?? 'data') === 'data'
  const { stdin, throwIfBroken } = openFeed(stop =>
    isData
      ? packedDump(input, transport, report, { subscriptions, signal: stop })
      : pack(definitionsOf(input, stop), transport),
  )
  try {
    await drain(
      client.shell.exec({ argv, env: clientEnvironment(client, options.database), stdin }, kill.signal)
        .stdout,
    )
    throwIfBroken()
  } catch (error) {
    throwIfBroken()
    throw signal?.aborted ? toRespaldoError(signal.reason) : explained(loadFailure(error), client.connection)
  } finally {
    signal?.removeEventListener('abort', stop)
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
    // The tables were seen to be empty and their data fits together, as it comes from one snapshot.
    ...(request.part?.dataOnly ? ['--data-only', '--disable-triggers'] : []),
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
