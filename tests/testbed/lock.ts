import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Runs `work` alone among all processes and threads of this machine. The lock is a bound abstract socket (Linux),
 *  which the kernel releases when its holder dies in any way: no lock is ever stale. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const held = await acquire(name)
  try {
    return await work()
  } finally {
    await new Promise(resolve => held.close(resolve))
  }
}

async function acquire(name: string): Promise<Server> {
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 32)
  for (;;) {
    const server = await listen(mark)
    if (server) return server
    await sleep(100)
  }
}

function listen(mark: string): Promise<Server | undefined> {
  const server = createServer(socket => socket.destroy())
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(address(mark), () => resolve(server))
  })
}

/** Elsewhere than on Linux a local port stands in for the abstract socket. */
function address(mark: string): { path: string } | { host: string; port: number } {
  if (process.platform === 'linux') return { path: `\0respaldo-testbed-${mark}` }
  return { host: '127.0.0.1', port: 20000 + (Number.parseInt(mark.slice(0, 6), 16) % 10000) }
}
