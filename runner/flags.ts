/** A flag of the command line and the input of functions that it sets. */
export interface Flag {
  /** As commander reads it. */
  flags: string
  text: string
  /** The input's name when it is not the flag's in camelCase. */
  input?: string
  /** May be given several times. */
  many?: boolean
}

const source: Flag[] = [
  { flags: '--container <name>', text: 'container of the database' },
  { flags: '--pod <name>', text: 'pod of the database, or its Deployment' },
  { flags: '--namespace <name>', text: 'namespace of the pod' },
  { flags: '--k8s-container <name>', text: 'container of the pod', input: 'k8sContainer' },
  { flags: '--selector <labels>', text: 'labels of the pod, as for kubectl' },
  { flags: '--context <name>', text: 'context of the kubeconfig' },
  { flags: '--url <url>', text: 'postgres:// URL of a server; keep the password in PGPASSWORD' },
  { flags: '--database <name>', text: 'name of the database' },
  { flags: '--user <name>', text: 'role to connect as' },
  { flags: '--folder <path>', text: 'data folder of an embedded database' },
]

const scope: Flag[] = [
  { flags: '--schema-only', text: 'definitions without data' },
  { flags: '--table <pattern>', text: 'only this table (repeatable)', input: 'tables', many: true },
  {
    flags: '--exclude-table <pattern>',
    text: 'all but this table (repeatable)',
    input: 'excludeTables',
    many: true,
  },
  { flags: '--schema <pattern>', text: 'only this schema (repeatable)', input: 'schemas', many: true },
]

const wholeServer: Flag[] = [
  { flags: '--all-databases', text: 'every database of the server' },
  {
    flags: '--include <pattern>',
    text: 'of all only these (repeatable; * any characters, ? one)',
    many: true,
  },
  { flags: '--exclude <pattern>', text: 'of all none of these (repeatable)', many: true },
]

const described: Flag[] = [
  { flags: '--name <name>', text: 'a name to find the backup by' },
  { flags: '--description <text>', text: 'a note kept with the backup' },
  { flags: '--backup-type <type>', text: 'auto (default), full or incremental' },
  { flags: '--force-full', text: 'a full, whatever the strategy says' },
]

const wait: Flag = { flags: '--wait', text: 'wait for a run that holds the source' }

const quiesce: Flag[] = [
  {
    flags: '--stop',
    text: 'stop what is labelled respaldo.client-of=<container> meanwhile, or uses the volume',
  },
  { flags: '--pause', text: 'pause it instead' },
]

const ofBackup: Flag[] = [{ flags: '--source <id>', text: 'whose backup' }, wait]

/** Every command that is a function: its positional argument (`name...` takes several), its flags. */
export const commands: Readonly<Record<string, { argument?: string; flags: readonly Flag[] }>> = {
  create: {
    argument: 'source',
    flags: [
      ...source,
      ...wholeServer,
      ...described,
      { flags: '--format <format>', text: 'custom or plain' },
      ...scope,
      { flags: '--role-passwords', text: "keep the roles' password hashes with the globals" },
      { flags: '--verify <level>', text: 'verify it in the same run: checked, readable or restored' },
      ...quiesce,
      wait,
    ],
  },
  'volume-backup': {
    argument: 'volumes...',
    flags: [
      { flags: '--container <name>', text: 'every volume of this container' },
      { flags: '--project <name>', text: 'every volume of this Compose project' },
      {
        flags: '--exclude <pattern>',
        text: 'leave out what fits (repeatable; * within a name, ** any folders)',
        many: true,
      },
      ...described,
      { flags: '--verify <level>', text: 'verify each in the same run: checked, readable or restored' },
      { flags: '--stop', text: 'stop the containers that use a volume while it is read' },
      { flags: '--pause', text: 'pause them instead' },
      wait,
    ],
  },
  list: {
    flags: [
      { flags: '--source <id>', text: 'only backups of this source' },
      { flags: '--type <type>', text: 'full or incremental' },
      { flags: '--name <name>', text: 'only backups of this name' },
      { flags: '--kind <kind>', text: 'regular or safety' },
      { flags: '--trash', text: 'what was forgotten and can be brought back' },
    ],
  },
  restore: {
    argument: 'backup',
    flags: [
      { flags: '--source <id>', text: 'whose backup' },
      {
        flags: '--file <path>',
        text: 'a .sql, .dump or .tar file instead, also as .gz or .zst, or an exported .tar.gz',
      },
      ...source,
      ...wholeServer,
      { flags: '--into <name>', text: 'restore into this new or empty database or volume' },
      { flags: '--in-place', text: 'restore under the real name, for what is bound to it' },
      { flags: '--drop-first', text: 'with --in-place: where two databases have no room' },
      { flags: '--undo', text: 'swap the newest kept database back' },
      { flags: '--table <name>', text: 'only this table (repeatable)', input: 'tables', many: true },
      { flags: '--schema <name>', text: 'only this schema (repeatable)', input: 'schemas', many: true },
      { flags: '--schema-only', text: 'definitions without data' },
      { flags: '--data-only', text: 'data alone, into the empty tables of a database that exists' },
      { flags: '--create-roles', text: 'make missing roles from the backup' },
      { flags: '--subscriptions', text: 'restore subscriptions too; they start working at once' },
      {
        flags: '--volume <name>',
        text: 'of a volume: another one instead; of a file: only this one (repeatable)',
        input: 'volumes',
        many: true,
      },
      {
        flags: '--path <path>',
        text: 'of a volume: only this file or folder (repeatable)',
        input: 'paths',
        many: true,
      },
      { flags: '--dry-run', text: 'show the plan and change nothing' },
      ...quiesce,
      wait,
    ],
  },
  verify: {
    argument: 'backup',
    flags: [
      { flags: '--source <id>', text: 'whose backup' },
      { flags: '--all', text: 'every backup, of the source or of all' },
      { flags: '--level <level>', text: 'checked, readable (default) or restored' },
    ],
  },
  export: {
    argument: 'backup...',
    flags: [
      { flags: '--to <path>', text: 'the file, or a folder for a file of the usual name (default: here)' },
      {
        flags: '--format <format>',
        text: "dump, dump.zst, sql, sql.gz, tar.gz, of volumes tar, tar.zst, tar.gz, where the file's name does not say",
      },
      { flags: '--level <number>', text: 'of compression: 1 to 9, for .zst 1 to 19' },
      { flags: '--source <id>', text: 'whose backup' },
      ...source,
    ],
  },
  status: { flags: source },
  remove: {
    argument: 'backup',
    flags: [
      ...ofBackup,
      { flags: '--chain', text: 'also the backups that build on it' },
      { flags: '--kept <name>', text: 'a kept database instead' },
      ...source,
    ],
  },
  undo: { argument: 'backup', flags: ofBackup },
  pin: { argument: 'backup', flags: [...ofBackup, { flags: '--off', text: 'unpin it' }] },
  accept: { argument: 'backup', flags: ofBackup },
  'apply-retention': {
    flags: [
      { flags: '--source <id>', text: 'only backups of this source' },
      { flags: '--retention-daily <n>', text: 'keep the newest backup of so many days' },
      { flags: '--retention-weekly <n>', text: 'keep the newest backup of so many weeks' },
      { flags: '--retention-monthly <n>', text: 'keep the newest backup of so many months' },
      { flags: '--retention-yearly <n>', text: 'keep the newest backup of so many years' },
      { flags: '--retention-full <n>', text: 'keep so many fulls' },
      { flags: '--retention-days <n>', text: 'keep all that is younger than so many days' },
      { flags: '--keep-last <n>', text: 'keep the last so many backups' },
      { flags: '--minimum <n>', text: 'keep so many backups at least' },
      { flags: '--no-defaults', text: 'only the rules that are given' },
      { flags: '--scheme <scheme>', text: 'periods (default) or calendar' },
      { flags: '--now', text: 'empty the trash of all that is in it' },
      { flags: '--dry-run', text: 'show the plan and change nothing' },
    ],
  },
  recover: {
    argument: 'project',
    flags: [
      {
        flags: '--backup <id>',
        text: 'this backup instead of the newest of its source (repeatable)',
        input: 'backups',
        many: true,
      },
      { flags: '--dry-run', text: 'show the plan and change nothing' },
      wait,
    ],
  },
  runs: {
    argument: 'run',
    flags: [
      { flags: '--function <name>', text: 'only runs of this function' },
      { flags: '--state <state>', text: 'queued, running, succeeded, failed, cancelled or interrupted' },
      { flags: '--source <id>', text: 'only runs that worked on this source' },
      { flags: '--limit <n>', text: 'so many at most (default 50)' },
    ],
  },
  drill: {
    argument: 'sources...',
    flags: [
      {
        flags: '--scenario <name>',
        text: 'database-lost, volume-lost (default: the one that fits), newest-damaged or server-lost (repeatable)',
        input: 'scenarios',
        many: true,
      },
    ],
  },
}
