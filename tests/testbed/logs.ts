import type Docker from 'dockerode'

/** What a container wrote to stdout and stderr, in the order in which it came. */
export async function readLogs(container: Docker.Container): Promise<string> {
  const bytes = await container.logs({ stdout: true, stderr: true, follow: false })
  const pieces: Buffer[] = []
  // Each piece stands behind 8 bytes: the stream's number, three zeros, its length.
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    pieces.push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return Buffer.concat(pieces).toString()
}
