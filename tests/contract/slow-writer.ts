import { setTimeout as wait } from 'node:timers/promises'
import { filesystemStore } from '#lib/store/filesystem'

/** Puts an object that takes for ever, and says once it is in the middle of it: `node slow-writer.ts ROOT KEY`. */
const [root = '', key = ''] = process.argv.slice(2)

async function* content(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; ; piece++) {
    yield Buffer.alloc(2_000_000, piece)
    if (piece === 1) process.stdout.write('writing\n')
    if (piece > 1) await wait(60_000)
  }
}

await filesystemStore({ root }).put(key, content())
