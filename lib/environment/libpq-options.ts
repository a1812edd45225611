/** Options of a connection string and the variables that stand for them in a client tool's environment. */
export const libpqVariables = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  require_auth: 'PGREQUIREAUTH',
  channel_binding: 'PGCHANNELBINDING',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  client_encoding: 'PGCLIENTENCODING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslcompression: 'PGSSLCOMPRESSION',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcertmode: 'PGSSLCERTMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslcrldir: 'PGSSLCRLDIR',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  requirepeer: 'PGREQUIREPEER',
  gssencmode: 'PGGSSENCMODE',
  gssdelegation: 'PGGSSDELEGATION',
  gsslib: 'PGGSSLIB',
  krbsrvname: 'PGKRBSRVNAME',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
} as const

/** One of libpq's connection options that a variable can carry. */
export type LibpqOption = keyof typeof libpqVariables
/** Options with their values, decoded. */
export type LibpqOptions = Partial<Record<LibpqOption, string>>

/** Says whether a word of a connection string or a service file is an option that can be passed by a variable. */
export function isLibpqOption(name: string): name is LibpqOption {
  return Object.hasOwn(libpqVariables, name)
}

/** The options that variables give. An empty variable counts as none, as it does for most of libpq. */
export function optionsFromVariables(env: Readonly<Record<string, string | undefined>>): LibpqOptions {
  const entries = Object.entries(libpqVariables) as [LibpqOption, string][]
  return Object.fromEntries(entries.flatMap(([option, name]) => (env[name] ? [[option, env[name]]] : [])))
}

/** The variables that stand for options. */
export function variablesFromOptions(options: LibpqOptions): Record<string, string> {
  const entries = Object.entries(options) as [LibpqOption, string][]
  return Object.fromEntries(entries.map(([option, value]) => [libpqVariables[option], value]))
}
