import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** PEM texts of a server at 127.0.0.1 and of who vouches for it. */
export interface Certificates {
  ca: string
  cert: string
  key: string
}

/** Makes them with openssl, in a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const path = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => run('openssl', args)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const authority = [
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.crt'),
    '-subj',
    '/CN=respaldo test authority',
  ]
  await openssl('req', '-x509', ...newKey, ...authority)
  const server = ['-keyout', path('server.key'), '-out', path('server.crt'), '-subj', '/CN=kubernetes']
  const issuer = ['-CA', path('ca.crt'), '-CAkey', path('ca.key')]
  const names = [
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-addext',
    'basicConstraints=CA:FALSE',
  ]
  await openssl('req', '-x509', ...newKey, ...server, ...issuer, ...names)
  const read = (name: string) => readFile(path(name), 'utf8')
  return { ca: await read('ca.crt'), cert: await read('server.crt'), key: await read('server.key') }
}
