import type Docker from 'dockerode'
import { once } from '../bytes.ts'
import { readFrames } from './docker-frames.ts'

/** What a container wrote last, to stdout and stderr. */
export async function lastLines(container: Docker.Container): Promise<string[]> {
  const log = await container.logs({ stdout: true, stderr: true, tail: 20 })
  const pieces: Uint8Array[] = []
  for await (const { payload } of readFrames(once(log))) pieces.push(payload)
  return Buffer.concat(pieces).toString().trim().split('\n')
}
