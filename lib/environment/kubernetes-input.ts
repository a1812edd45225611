import { Writable } from 'node:stream'
import { closeStdin, stdinMessage } from './kubernetes-frames.ts'
import type { ExecSocket } from './kubernetes-socket.ts'

const pieceBytes = 64 * 1024
/** Of raw bytes in a line of base64: a multiple of three, so that only the last one is padded. */
const lineBytes = 3 * 1024

/** Ends what `fed` reads; no line of base64 is like it. */
export const endLine = '.'

/**
 * A command's input over a connection, with backpressure; ending it is the end of the input. Where the protocol cannot close a stream, what
 * is written goes as lines of base64 behind which `endLine` comes: so the length need not be known before (see `fed`).
 */
export function openInput(socket: ExecSocket): Writable {
  const encoder = socket.closes ? undefined : openLines()
  const send = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      await socket.send(stdinMessage(bytes.subarray(at, at + pieceBytes)))
  }
  const settled = (sent: Promise<void>, done: (error?: Error) => void) => void sent.then(() => done(), done)
  return new Writable({
    highWaterMark: 4 * pieceBytes,
    write: (piece: Uint8Array, _, done) => settled(send(encoder?.lines(piece) ?? piece), done),
    final: done => settled(encoder ? send(encoder.end()) : socket.send(closeStdin), done),
  })
}

/** Lines of base64 of one length but for the last. */
function openLines() {
  let rest = Buffer.alloc(0)
  const encode = (bytes: Buffer) => {
    const lines: string[] = []
    for (let at = 0; at < bytes.length; at += lineBytes)
      lines.push(bytes.toString('base64', at, Math.min(bytes.length, at + lineBytes)), '\n')
    return lines.join('')
  }
  return {
    lines(piece: Uint8Array): Uint8Array {
      const all = Buffer.concat([rest, piece])
      const whole = all.length - (all.length % lineBytes)
      rest = Buffer.from(all.subarray(whole))
      return Buffer.from(encode(all.subarray(0, whole)))
    },
    end: (): Uint8Array => Buffer.from(`${encode(rest)}${endLine}\n`),
  }
}
