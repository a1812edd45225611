import type { RequestOptions } from 'node:https'
import type { WebSocket } from 'ws'
import { systemClock } from '../clock.ts'
import { refusal } from './kubernetes-request.ts'

/** The connection to one command, as the cluster's API speaks it: each message is the number of a channel and bytes. */
export interface ExecSocket {
  /** Of protocol v5: only there a stream can be closed from this side. */
  readonly closes: boolean
  /** In the order in which they came; as few are held as possible. Ends with the connection, and throws when that broke. */
  messages: AsyncIterable<Uint8Array>
  /** Resolves when the bytes have left; rejects when the connection is over. */
  send(message: Uint8Array): Promise<void>
  drop(): void
}

const protocols = { v5: 'v5.channel.k8s.io', v4: 'v4.channel.k8s.io' } as const

/** Messages beyond this are none of a container's output. */
const longestMessage = 16 * 1024 * 1024
const heldBytes = 512 * 1024
const heartbeatMilliseconds = 30_000

/** Opens a connection; what the API answers instead of one is thrown with its status as `code` and its text as `body`. */
export async function openExecSocket(
  url: string,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<ExecSocket> {
  const { WebSocket: Socket } = await import('ws')
  const socket = new Socket(url.replace(/^http/, 'ws'), [protocols.v5, protocols.v4], {
    ...options,
    perMessageDeflate: false,
    maxPayload: longestMessage,
  })
  const messages = receive(socket)
  await opened(socket, signal)
  void keepAlive(socket, messages)
  return {
    closes: socket.protocol === protocols.v5,
    messages: messages.read(),
    send: message =>
      new Promise((resolve, reject) => socket.send(message, error => (error ? reject(error) : resolve()))),
    drop: () => socket.terminate(),
  }
}

async function opened(socket: WebSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  socket.once('open', resolve).once('error', reject)
  socket.once('unexpected-response', (_, response) => void refusal(response).then(reject, reject))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await promise
  } catch (error) {
    socket.terminate()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

type Received = ReturnType<typeof receive>

/** Held while nobody reads them, up to a limit: then the connection is not read from. */
function receive(socket: WebSocket) {
  const held: Uint8Array[] = []
  let bytes = 0
  let ended: { error?: Error } | undefined
  let wake = () => {}
  const end = (error?: Error) => {
    ended ??= error ? { error } : {}
    wake()
  }
  const received = { heard: true, read, end }
  socket.on('message', data => {
    const message = data as Buffer // the socket's binaryType is that of ws by default
    received.heard = true
    held.push(message)
    bytes += message.length
    if (bytes > heldBytes) socket.pause()
    wake()
  })
  socket.on('pong', () => {
    received.heard = true
  })
  socket.on('error', end).on('close', () => end())
  return received

  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const message = held.shift()
      if (message) {
        bytes -= message.length
        if (socket.isPaused && bytes <= heldBytes / 2) {
          received.heard = true
          socket.resume()
        }
        yield message
      } else if (ended) {
        if (ended.error) throw ended.error
        return
      } else
        await new Promise<void>(resolve => {
          wake = resolve
        })
    }
  }
}

/** Commands can be silent for hours: pings keep proxies from closing the connection, and tell when the other side is gone. */
async function keepAlive(socket: WebSocket, received: Received): Promise<void> {
  const over = new AbortController()
  socket.once('close', () => over.abort())
  while (socket.readyState === socket.OPEN) {
    await systemClock.sleep(heartbeatMilliseconds, over.signal).catch(() => {})
    if (over.signal.aborted) return
    // While nobody reads, nothing can be heard either.
    if (!received.heard && !socket.isPaused) {
      received.end(new Error('nothing was heard of the cluster for a while'))
      return socket.terminate()
    }
    received.heard = false
    socket.ping()
  }
}
