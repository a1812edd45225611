import { type Duplex, PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type Docker from 'dockerode'

export interface ExecOptions {
  env?: Record<string, string>
  user?: string
  stdin?: string | Uint8Array | AsyncIterable<Uint8Array>
}

export interface ExecResult {
  stdout: string
  /** The same as it came, for output that is no text. */
  stdoutBytes: Buffer
  stderr: string
  exitCode: number
}

/** Runs a command in a container to its end; a command that fails is a result, not an error. */
export async function execIn(
  docker: Docker,
  container: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { env = {}, user, stdin } = options
  const exec = await docker.getContainer(container).exec({
    Cmd: [...argv],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    AttachStdin: stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    ...(user && { User: user }),
  })
  const stream = await exec.start({ hijack: true, stdin: stdin !== undefined })
  if (stdin !== undefined) send(stream, stdin)
  const [out, err] = await collect(docker, stream)
  const { ExitCode } = await exec.inspect()
  return { stdout: out.toString(), stdoutBytes: out, stderr: err.toString(), exitCode: ExitCode ?? -1 }
}

/** Not awaited: a command that ends without reading its input leaves the rest unsent, and its exit code decides. */
function send(stream: Duplex, stdin: NonNullable<ExecOptions['stdin']>): void {
  const whole = typeof stdin === 'string' || stdin instanceof Uint8Array
  stream.on('error', () => {})
  Readable.from(whole ? [Buffer.from(stdin)] : stdin).pipe(stream)
}

/** No backpressure here: meant for outputs that fit into memory. */
async function collect(docker: Docker, stream: Readable): Promise<[Buffer, Buffer]> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  docker.modem.demuxStream(stream, stdout, stderr)
  const end = () => [stdout, stderr].map(side => side.end())
  stream.on('end', end).on('close', end)
  return Promise.all([buffer(stdout), buffer(stderr)])
}
