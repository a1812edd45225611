import type { Writable } from 'node:stream'
import type { Bytes } from '../bytes.ts'

/**
 * Writes a command's input with backpressure and closes it at its end. Stops as soon as `over` settles or the command closes its
 * input; what is left is dropped, and the source is told (`return`). Rejects only with what the source threw, and then leaves the input
 * open: a command must not take a broken input for a complete one.
 */
export async function pumpInput(source: Bytes, input: Writable, over: Promise<unknown>): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  const gate = openGate(over)
  // The exit status tells; an input that nobody reads any more is no error by itself.
  input.on('error', gate.close).on('close', gate.close)
  for (;;) {
    const step = await gate.pass(iterator.next())
    if (!step) break
    if (step.done) return void input.end()
    if (!input.write(step.value)) await gate.pass(drained(input))
    if (gate.isClosed()) break
  }
  // Not awaited: a source that hangs must not hold the command's end.
  void Promise.resolve(iterator.return?.()).catch(() => {})
}

/** Lets promises pass until it is closed, then answers undefined; one reaction on `over`, however many promises pass. */
function openGate(over: Promise<unknown>) {
  let closed = false
  let wake: (() => void) | undefined
  const close = () => {
    closed = true
    wake?.()
  }
  over.then(close, close)
  return {
    close,
    isClosed: () => closed,
    pass: <T>(promise: Promise<T>): Promise<T | undefined> =>
      new Promise((resolve, reject) => {
        wake = () => resolve(undefined)
        if (closed) wake()
        promise.then(resolve, reject)
      }),
  }
}

function drained(input: Writable): Promise<void> {
  return new Promise(resolve => void input.once('drain', resolve))
}
