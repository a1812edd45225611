import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { startCli } from '../e2e/cli.ts'
import type { Told } from './measure.ts'

/** Which of its figures a load on a server tells. */
export const jobs = {
  reads: ({ reads, addedBytes }: Load): Told => ({ seconds: percentile(reads, 0.99), peakBytes: addedBytes }),
  health: ({ health, addedBytes }: Load): Told => ({
    seconds: percentile(health, 0.99),
    peakBytes: addedBytes,
  }),
}

/** Seconds that each answer took, counted from when it was to be asked for; what the server had resident more at last than at first. */
interface Load {
  reads: number[]
  health: number[]
  addedBytes: number
}

const perSecond = 500
/** One of so many calls is of `/healthz`, beside the others. */
const healthEvery = 10
/** A server is measured as it is after some seconds. */
const warmUpSeconds = 5

async function loaded(
  repository: string,
  container: string,
  database: string,
  seconds: number,
): Promise<Load> {
  const server = startCli(['serve', '--port', '0', '--dir', repository], {
    DOCKER_HOST: process.env.DOCKER_HOST ?? '',
  })
  const url = (await server.said(/http:\/\/\S+(?=\/api\/)/)).toString()
  const stop = new AbortController()
  try {
    const backups = backUp(url, { container, database, forceFull: true }, stop.signal)
    await ask(url, warmUpSeconds)
    const resident = watchResident(server.pid)
    const load = await ask(url, seconds)
    stop.abort()
    if ((await backups) === 0) throw new Error('No backup was made meanwhile')
    return { ...load, addedBytes: resident.addedBytes() }
  } finally {
    server.kill('SIGTERM')
    await server.finished
  }
}

/** One backup after the other; returns how many began. */
async function backUp(url: string, input: object, stop: AbortSignal): Promise<number> {
  let made = 0
  for (; !stop.aborted; made++) {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    }
    const answer = await fetch(`${url}/api/create`, { ...init, signal: stop }).catch(() => undefined) // it was cut short on purpose
    if (answer && !answer.ok) throw new Error(await answer.text())
    await answer?.arrayBuffer()
  }
  return made
}

/** So many calls a second, whether or not the ones before were answered, as many callers do. */
async function ask(url: string, seconds: number): Promise<Pick<Load, 'reads' | 'health'>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const reads: Promise<number>[] = []
  const health: Promise<number>[] = []
  const began = performance.now()
  for (let number = 0; number < perSecond * seconds; number++) {
    const due = began + (number * 1000) / perSecond
    const early = due - performance.now()
    if (early > 0) await setTimeout(early)
    reads.push(answered(`${url}/api/${number % 2 ? 'list' : 'status'}`, agent, due))
    if (number % healthEvery === 0) health.push(answered(`${url}/healthz`, agent, due))
  }
  const load = { reads: await Promise.all(reads), health: await Promise.all(health) }
  agent.destroy()
  return load
}

/** Seconds from when it was due until the last byte was there. */
function answered(url: string, agent: Agent, due: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, headers: { 'accept-encoding': 'gzip' } }, answer => {
      answer.resume()
      answer.on('end', () =>
        answer.statusCode === 200
          ? resolve((performance.now() - due) / 1000)
          : reject(new Error(`${url} answered ${answer.statusCode}`)),
      )
    })
    call.on('error', reject)
    call.end()
  })
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

/** Compares the most of the last third with the most of the first, because backups come and go. */
function watchResident(pid: number) {
  const looks: number[] = []
  const look = () => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    looks.push(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024)
  }
  const timer = setInterval(look, 100)
  return {
    addedBytes: () => {
      clearInterval(timer)
      const third = Math.ceil(looks.length / 3)
      return Math.max(0, Math.max(...looks.slice(-third)) - Math.max(...looks.slice(0, third)))
    },
  }
}

const [, , name, repository = '', container = '', database = '', seconds = ''] = process.argv
const tell = Object.entries(jobs).find(([known]) => known === name)?.[1]
if (tell) {
  const load = await loaded(repository, container, database, Number(seconds))
  process.stderr.write(`${JSON.stringify(tell(load))}\n`)
  process.exit()
}
