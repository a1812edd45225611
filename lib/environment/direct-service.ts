import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RespaldoError } from '../errors.ts'
import { isLibpqOption, type LibpqOptions } from './libpq-options.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** The options of a service (PGSERVICE), from the files where libpq looks for it: the user's, then the system's. */
export async function readService(service: string, env: Variables): Promise<LibpqOptions> {
  const files = serviceFiles(env)
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    const options = text === undefined ? undefined : parseService(text, service, file)
    if (options) return options
  }
  throw new RespaldoError('config-invalid', `The service ${service} (PGSERVICE) is not defined`, {
    hint: `Looked for in ${files.join(', ')}; PGSERVICEFILE names another file.`,
  })
}

function serviceFiles({ PGSERVICEFILE, PGSYSCONFDIR, HOME }: Variables): string[] {
  const own = PGSERVICEFILE ?? join(HOME ?? homedir(), '.pg_service.conf')
  const system = PGSYSCONFDIR ? [PGSYSCONFDIR] : ['/etc/postgresql-common', '/etc']
  return [own, ...system.map(folder => join(folder, 'pg_service.conf'))]
}

/** The options of one `[service]` of a service file, or undefined where the file does not have it. */
export function parseService(text: string, service: string, file: string): LibpqOptions | undefined {
  let current: string | undefined
  let found: LibpqOptions | undefined
  for (const line of text.split(/\r?\n/).map(line => line.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const [, heading] = /^\[(.*)\]$/.exec(line) ?? []
    if (heading !== undefined) current = heading
    if (current !== service) continue
    found ??= {}
    if (heading === undefined) Object.assign(found, readLine(line, service, file))
  }
  return found
}

/** Never quotes the line: it may be the password's. */
function readLine(line: string, service: string, file: string): LibpqOptions {
  const [, name = '', value = ''] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? []
  if (isLibpqOption(name) && name !== 'service') return { [name]: value }
  const what = /^\w{1,40}$/.test(name) ? `the option ${name}` : 'a line'
  throw new RespaldoError(
    'config-invalid',
    `The service ${service} of ${file} has ${what} that cannot be used`,
    {
      hint: 'Each line has to be option=value, with an option of libpq; LDAP is not supported.',
    },
  )
}
