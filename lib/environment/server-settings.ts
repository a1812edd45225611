import type { Connection } from './environment.ts'

/** A value that stands in a container's environment, or in a file of the container that this names (a Docker secret). */
type Setting = { value: string } | { file: string } | undefined

/** What a server was set up with when its container started first. */
export interface Settings {
  user: string
  password: string | undefined
  database: string
}

/** Reads a file of the container; undefined where that is not possible, as in one that does not run. */
export type ReadFile = (file: string) => Promise<string | undefined>

type Variables = Readonly<Record<string, string>>

/** Of the official images, and of bitnami's; the first that is set counts. */
const variables = {
  user: ['POSTGRES_USER', 'POSTGRESQL_USERNAME'],
  database: ['POSTGRES_DB', 'POSTGRESQL_DATABASE'],
  password: ['POSTGRES_PASSWORD', 'POSTGRESQL_PASSWORD'],
} as const

const withFiles = (names: readonly string[]) => names.flatMap(name => [name, `${name}_FILE`])

/** All that `readNames` looks at. */
export const namingVariables: readonly string[] = withFiles([...variables.user, ...variables.database])

/** All that `readSettings`, `portOf` and `ownServer` look at. */
export const connectingVariables: readonly string[] = [
  ...namingVariables,
  ...withFiles(variables.password),
  'PGPORT',
  'PGHOST',
  'PGHOSTADDR',
]

/** The names that a server has without being asked; a database is named after its user. The password is not looked at. */
export async function readNames(env: Variables, read: ReadFile): Promise<Omit<Settings, 'password'>> {
  const user = (await value(settingOf(env, variables.user), read)) ?? 'postgres'
  const database = (await value(settingOf(env, variables.database), read)) ?? user
  return { user, database }
}

/** The same with the password. */
export async function readSettings(env: Variables, read: ReadFile): Promise<Settings> {
  const password = await value(settingOf(env, variables.password), read)
  return { ...(await readNames(env, read)), password }
}

/** From the server's arguments (`-p 5433`, `-c port=5433`, `--port=5433`), else from PGPORT, which the server reads too. */
export function portOf(env: Variables, argv: readonly string[]): number | undefined {
  const [, given] = /(?:^|\s)(?:-p\s*|-c\s*port=|--port[=\s])(\d+)(?:\s|$)/.exec(argv.join(' ')) ?? []
  const port = Number(given ?? env.PGPORT)
  return port > 0 && port < 65536 ? port : undefined
}

/** What was given for a connection; it beats what the container says. */
export interface Given {
  user?: string | undefined
  password?: string | undefined
}

/**
 * The way from inside the container to its own server: by its socket or loopback, never to another host that PGHOST may name there.
 * The container's password belongs to the container's user and is used for no other.
 */
export function ownServer(
  container: { env: Variables; port: number | undefined },
  settings: Settings,
  given: Given,
  database: string,
): Connection {
  const user = given.user ?? settings.user
  const password = given.password ?? (user === settings.user ? settings.password : undefined)
  const env: Record<string, string> = { PGUSER: user, PGDATABASE: database, ...loopback(container.env) }
  if (container.port !== undefined) env.PGPORT = `${container.port}`
  if (password !== undefined) env.PGPASSWORD = password
  return { database, user, env }
}

/** An empty value is libpq's word for its default, the socket. */
function loopback({ PGHOST, PGHOSTADDR }: Variables): Record<string, string> {
  const isOwn = PGHOST?.startsWith('/') || /^(localhost|127\..*|::1)$/.test(PGHOST ?? '')
  return {
    ...(PGHOST === undefined ? {} : { PGHOST: isOwn ? PGHOST : '' }),
    ...(PGHOSTADDR === undefined ? {} : { PGHOSTADDR: '' }),
  }
}

/** The first that is set; a variable beats its `_FILE`, as it does in the images. */
function settingOf(env: Variables, names: readonly string[]): Setting {
  for (const name of names) {
    const value = env[name]
    if (value) return { value }
    const file = env[`${name}_FILE`]
    if (file) return { file }
  }
  return undefined
}

async function value(setting: Setting, read: ReadFile): Promise<string | undefined> {
  if (setting === undefined) return undefined
  return 'value' in setting ? setting.value : read(setting.file)
}
