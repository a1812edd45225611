import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A moment of an exec: the engine is about to be asked to start it; the engine has its input, or it is over. */
export type ExecPhase = 'asked' | 'given'

/** Called at each phase of each exec, counted from 1; the exec goes on with `true`, with `false` its connection is dropped. */
export type ExecWatcher = (exec: number, phase: ExecPhase) => Promise<boolean>

/** Stands between a program and a Docker engine. */
export interface EngineProxy {
  /** Of its socket. */
  path: string
  /** When the connection of a running command ends, or that of an archive, in good order; every other connection is left alone. */
  cut: { bytes?: number; milliseconds?: number; archiveBytes?: number }
  /** Counts from 1 again. */
  watch(watcher: ExecWatcher | undefined): void
  close(): Promise<void>
}

/** Opens a proxy in front of the engine that listens at `target`; `path` is that of one that was closed. */
export async function openEngineProxy(
  target: string,
  path = join(tmpdir(), `respaldo-proxy-${randomBytes(4).toString('hex')}.sock`),
): Promise<EngineProxy> {
  const sockets = new Set<Socket>()
  let watching: Watching = { execs: 0, watcher: undefined }
  const server = createServer({ allowHalfOpen: true }, client => {
    const engine = connect({ path: target, allowHalfOpen: true })
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      sockets.add(socket.on('error', () => {}))
      socket.on('close', () => sockets.delete(socket) && other.end())
    }
    const exec = followExec(() => watching)
    const archive = followArchive(() => proxy.cut)
    void requests(client, engine, { exec, archive })
    void answers(engine, client, { exec, archive }, () => proxy.cut)
  })
  const proxy: EngineProxy = {
    path,
    cut: {},
    watch: watcher => {
      watching = { execs: 0, watcher }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      await rm(path, { force: true })
    },
  }
  await new Promise<void>(resolve => server.listen(path, resolve))
  return proxy
}

interface Watching {
  execs: number
  watcher: ExecWatcher | undefined
}

/** The exec of one connection: each of its phases is told once. */
function followExec(current: () => Watching) {
  let tell: ((phase: ExecPhase) => Promise<boolean>) | undefined
  return {
    isRunning: false,
    async asked(): Promise<boolean> {
      const watching = current()
      const exec = ++watching.execs
      tell = async phase => (await watching.watcher?.(exec, phase)) ?? true
      return tell('asked')
    },
    async given(): Promise<boolean> {
      const told = tell
      tell = undefined
      return (await told?.('given')) ?? true
    },
  }
}

type Exec = ReturnType<typeof followExec>

/** The archive that one connection carries, either way. */
function followArchive(cutOf: () => EngineProxy['cut']) {
  let left = Number.POSITIVE_INFINITY
  return {
    /** A connection is used again. */
    asked(head: string): void {
      if (/^(?:GET|PUT) \S*\/archive\?/.test(head)) left = cutOf().archiveBytes ?? Number.POSITIVE_INFINITY
      else if (/^[A-Z]+ \/\S* HTTP/.test(head)) left = Number.POSITIVE_INFINITY
    },
    /** How much of a piece may still pass. */
    room(piece: Uint8Array): number {
      const room = Math.min(left, piece.length)
      left -= room
      return room
    },
  }
}

interface Followed {
  exec: Exec
  archive: ReturnType<typeof followArchive>
}

const pieces = (socket: Socket): AsyncIterable<Buffer> => socket.iterator({ destroyOnReturn: false })

async function requests(client: Socket, engine: Socket, { exec, archive }: Followed): Promise<void> {
  try {
    for await (const piece of pieces(client)) {
      const head = piece.toString('latin1', 0, 200)
      const starts = /^POST \S*\/exec\/\w+\/start /.test(head)
      if (starts && !(await exec.asked())) return drop(client, engine)
      archive.asked(head)
      if (archive.room(piece) < piece.length) return drop(client, engine)
      engine.write(piece)
      if (exec.isRunning && !(await exec.given())) return drop(client, engine)
    }
  } catch {
    // The client is gone.
  }
  engine.end()
}

async function answers(
  engine: Socket,
  client: Socket,
  { exec, archive }: Followed,
  cutOf: () => EngineProxy['cut'],
): Promise<void> {
  let sent = 0
  try {
    for await (const piece of pieces(engine)) {
      const passing = archive.room(piece)
      if (passing < piece.length) {
        client.end(piece.subarray(0, passing))
        return drop(engine)
      }
      if (exec.isRunning) sent += piece.length
      else if (piece.includes('HTTP/1.1 101')) begin(exec, client, cutOf())
      const room = exec.isRunning ? (cutOf().bytes ?? Number.POSITIVE_INFINITY) - sent : 0
      if (room >= 0 && client.writable) client.write(piece)
      else client.end(piece.subarray(0, piece.length + room))
    }
    if (!(await exec.given())) return drop(client, engine)
  } catch {
    // The engine is gone.
  }
  client.end()
}

function begin(exec: Exec, client: Socket, { milliseconds }: EngineProxy['cut']): void {
  exec.isRunning = true
  if (milliseconds !== undefined) setTimeout(() => client.end(), milliseconds)
}

function drop(...sockets: Socket[]): void {
  for (const socket of sockets) socket.destroy()
}
