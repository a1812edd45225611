import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import type { WebSocket } from 'ws'
import { readFrames } from '#lib/environment/docker-frames'

/** What goes wrong with a command's connection. */
export interface ExecFaults {
  /** It ends in good order, but without a status, after so many bytes of output, or so long. */
  cut?: { bytes?: number; milliseconds?: number }
  /** So many of the last bytes of output are lost, and all looks well (kubernetes#124571). */
  lostBytes?: number
}

export interface ExecRequest {
  docker: Docker
  container: string
  argv: readonly string[]
  stdin: boolean
  faults: ExecFaults
}

const channels = { stdout: 1, stderr: 2, status: 3, close: 255 } as const
/** As a kubelet's: no message is longer. */
const pieceBytes = 32 * 1024

/** Runs a command for a connection, as an API server and a kubelet do together: channels, backpressure both ways, a status at the end. */
export async function serveExec(socket: WebSocket, request: ExecRequest): Promise<void> {
  const { docker, container, argv, stdin } = request
  socket.pause() // until there is somebody to hear it
  for (const channel of [channels.stdout, channels.stderr]) socket.send(Uint8Array.of(channel))
  try {
    const exec = await docker.getContainer(container).exec({
      Cmd: [...argv],
      AttachStdin: stdin,
      AttachStdout: true,
      AttachStderr: true,
    })
    const stream = await exec.start({ hijack: true, stdin })
    stream.on('error', () => {})
    socket.on('close', () => stream.destroy())
    receiveInput(socket, stream)
    const said = await sendOutput(socket, stream, request.faults)
    const { ExitCode } = await exec.inspect()
    await send(socket, channels.status, Buffer.from(JSON.stringify(statusOf(ExitCode ?? 137, said))))
    socket.close(1000)
  } catch (error) {
    if (error === cutting) return socket.close(1000)
    await send(socket, channels.status, Buffer.from(JSON.stringify(internal(`${error}`)))).catch(() => {})
    socket.close(1000)
  }
}

function receiveInput(socket: WebSocket, stream: Duplex): void {
  socket.resume()
  stream.on('drain', () => socket.resume()).on('close', () => socket.resume())
  socket.on('message', (data: Buffer) => {
    if (data[0] === channels.close && socket.protocol === 'v5.channel.k8s.io') return void stream.end()
    if (data[0] !== 0 || stream.writableEnded || stream.destroyed) return
    if (!stream.write(data.subarray(1))) socket.pause()
  })
}

const cutting = new Error('cut')

/** What was said on stdout first: an engine tells there why a command did not start. */
async function sendOutput(
  socket: WebSocket,
  stream: Duplex,
  { cut, lostBytes = 0 }: ExecFaults,
): Promise<string> {
  let first = ''
  let sent = 0
  let held = Buffer.alloc(0)
  const timer =
    cut?.milliseconds === undefined ? undefined : setTimeout(() => socket.close(1000), cut.milliseconds)
  try {
    for await (const frame of readFrames(stream)) {
      const { stream: name } = frame
      let payload = frame.payload
      if (name === 'stdout' && first.length < 200) first += Buffer.from(payload).toString()
      if (name === 'stdout' && lostBytes > 0) {
        const all = Buffer.concat([held, payload])
        payload = all.subarray(0, Math.max(0, all.length - lostBytes))
        held = Buffer.from(all.subarray(payload.length))
      }
      if (cut?.bytes !== undefined && name === 'stdout') payload = payload.subarray(0, cut.bytes - sent)
      for (let at = 0; at < payload.length; at += pieceBytes)
        await send(socket, channels[name], payload.subarray(at, at + pieceBytes))
      if (name === 'stdout') sent += payload.length
      if (cut?.bytes !== undefined && sent >= cut.bytes) throw cutting
    }
    return first
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when it has left: no more is read of a command than its reader takes. */
function send(socket: WebSocket, channel: number, payload: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(Buffer.concat([Uint8Array.of(channel), payload]), error =>
      error ? reject(error) : resolve(),
    ),
  )
}

function statusOf(exitCode: number, said: string): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  if (/^OCI runtime exec failed/.test(said)) return internal(said.trim())
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: `${exitCode}` }] },
  }
}

const internal = (why: string) => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: error executing command in container: failed to exec in container: ${why}`,
  reason: 'InternalError',
  details: { causes: [{ message: why }] },
  code: 500,
})
