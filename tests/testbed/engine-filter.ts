import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'

/** Stands between a program and a Docker engine, and makes the engine look as if it had these images only, and no containers. */
export async function openEngineFilter(
  target: string,
  isThere: (image: { RepoTags: string[] | null }) => boolean,
): Promise<{ path: string; close(): Promise<void> }> {
  const path = join(tmpdir(), `respaldo-filter-${randomBytes(4).toString('hex')}.sock`)
  const server = createServer(async (asked, answer) => {
    const told = await pass(target, asked)
    const [, listing] = /\/(images|containers)\/json(?:\?|$)/.exec(asked.url ?? '') ?? []
    if (!listing) {
      answer.writeHead(told.statusCode ?? 500, told.headers)
      told.pipe(answer)
      return
    }
    const all = (await json(told)) as { RepoTags: string[] | null }[]
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify(listing === 'images' ? all.filter(isThere) : []))
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return {
    path,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await rm(path, { force: true })
    },
  }
}

function pass(socketPath: string, asked: IncomingMessage): Promise<IncomingMessage> {
  const { method, url, headers } = asked
  return new Promise((resolve, reject) => {
    const passed = request({ socketPath, method, path: url, headers }, resolve)
    passed.on('error', reject)
    asked.pipe(passed)
  })
}
