import { existsSync } from 'node:fs'
import Docker from 'dockerode'

/** Says whether a Docker engine answers on that socket within five seconds. */
export async function answers(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false
  const ping = new Docker({ socketPath, timeout: 5000 }).ping()
  return ping.then(
    reply => String(reply) === 'OK',
    () => false,
  )
}
