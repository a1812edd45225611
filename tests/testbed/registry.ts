import type { Readable } from 'node:stream'
import type Docker from 'dockerode'

const patience = 20_000

/** Pulls an image and says whether it came; a registry that says nothing for 20 seconds does not answer. */
export async function pullImage(docker: Docker, reference: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(patience)
    const stream = (await docker.pull(reference, { abortSignal: signal })) as Readable
    let timer = setTimeout(() => stream.destroy(new Error('silent')), patience)
    stream.on('data', () => {
      clearTimeout(timer)
      timer = setTimeout(() => stream.destroy(new Error('silent')), patience)
    })
    await finished(docker, stream).finally(() => clearTimeout(timer))
    return true
  } catch {
    return false
  }
}

/** Makes an image without configuration of a tar. */
export async function importImage(
  docker: Docker,
  tar: NodeJS.ReadableStream,
  reference: string,
): Promise<void> {
  const [repo, tag] = reference.split(':')
  const answer = await docker.importImage(tar, { repo, tag })
  await finished(docker, answer)
}

/** The engine's answer, or undefined where it says that there is no such thing. */
export function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: { statusCode?: number }) => {
    if (error.statusCode === 404) return undefined
    throw error
  })
}

/** Waits for a pull, an import or a build. Its answer has status 200 whatever comes: a failure stands in its messages. */
export function finished(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject)
    docker.modem.followProgress(stream, (error, messages: { error?: string }[]) => {
      const failure = error ?? messages.find(message => message.error)?.error
      if (failure) reject(failure instanceof Error ? failure : new Error(failure))
      else resolve()
    })
  })
}
