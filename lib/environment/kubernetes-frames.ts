import type { Frame } from './attended-exec.ts'

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const

/** How the API says that a command ended. */
export interface ExecStatus {
  /** Undefined when the command did not even start: `message` tells why. */
  exitCode: number | undefined
  message: string
}

/**
 * Walks the messages of an exec: the first byte of each is its channel. `onStatus` is told how the command ended, as soon as that came; without
 * it the stream was cut, however cleanly it ended, and that is thrown.
 */
export async function* readFrames(
  messages: AsyncIterable<Uint8Array>,
  onStatus: (status: ExecStatus) => void,
): AsyncGenerator<Frame, void, void> {
  let isOver = false
  for await (const message of messages) {
    const payload = message.subarray(1)
    if (payload.length === 0) continue // an empty one opens each channel
    if (message[0] === channels.stdout) yield { stream: 'stdout', payload }
    if (message[0] === channels.stderr) yield { stream: 'stderr', payload }
    if (message[0] !== channels.status) continue
    onStatus(parseStatus(Buffer.from(payload).toString()))
    isOver = true
  }
  if (!isOver) throw new Error('the connection ended without a status')
}

interface Status {
  status?: string
  message?: string
  reason?: string
  details?: { causes?: { reason?: string; message?: string }[] }
}

/** Reads the v1.Status of channel 3. Throws what is none: then nothing is known of the end. */
export function parseStatus(text: string): ExecStatus {
  const { status, message = '', details } = JSON.parse(text) as Status
  if (status === 'Success') return { exitCode: 0, message }
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  return { exitCode: code !== undefined && /^\d+$/.test(code) ? Number(code) : undefined, message }
}

/** A piece of a command's input as a message. */
export function stdinMessage(piece: Uint8Array): Uint8Array {
  const message = Buffer.allocUnsafe(piece.length + 1)
  message[0] = channels.stdin
  message.set(piece, 1)
  return message
}

/** Closes the command's input, where the protocol can. */
export const closeStdin: Uint8Array = Uint8Array.of(channels.close, channels.stdin)
