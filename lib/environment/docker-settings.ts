import type { Connection } from './environment.ts'

/** A value that stands in a container's environment, or in a file of the container that this names (a Docker secret). */
type Setting = { value: string } | { file: string } | undefined

/** What a server was set up with when its container started first: variables of the official images, and of bitnami's. */
export interface Settings {
  user: string
  password: string | undefined
  database: string
}

/** Reads a file of the container; undefined where that is not possible, as in one that does not run. */
export type ReadFile = (file: string) => Promise<string | undefined>

type Variables = Readonly<Record<string, string>>

/** The names that a server has without being asked; a database is named after its user. The password is not looked at. */
export async function readNames(env: Variables, read: ReadFile): Promise<Omit<Settings, 'password'>> {
  const user = (await value(settingOf(env, 'POSTGRES_USER', 'POSTGRESQL_USERNAME'), read)) ?? 'postgres'
  const database = (await value(settingOf(env, 'POSTGRES_DB', 'POSTGRESQL_DATABASE'), read)) ?? user
  return { user, database }
}

/** The same with the password. */
export async function readSettings(env: Variables, read: ReadFile): Promise<Settings> {
  const password = await value(settingOf(env, 'POSTGRES_PASSWORD', 'POSTGRESQL_PASSWORD'), read)
  return { ...(await readNames(env, read)), password }
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
function settingOf(env: Variables, ...names: string[]): Setting {
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
