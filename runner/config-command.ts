import { configurationSchema } from '#lib/config'
import { checkedSettings } from './checked-settings.ts'
import type { GlobalOptions } from './cli.ts'
import type { Outside } from './outside.ts'
import { shown } from './shown.ts'

/** `check` says whether the configuration is sound, with every problem; `show` what it comes to; `schema` what it may be. */
export type ConfigAction = 'check' | 'show' | 'schema'

/** Looks at the configuration as `serve` would; nothing is contacted. */
export function config(action: ConfigAction, options: GlobalOptions, outside: Outside): Promise<number> {
  return shown(`config ${action}`, { options, outside }, () =>
    action === 'schema' ? configurationSchema() : looked(options, outside),
  )
}

/** Without the values of variables, which hold the secrets. */
function looked(options: GlobalOptions, outside: Outside) {
  const { settings, files } = checkedSettings(options, outside)
  const { profile, directory, retention, configuration, variables } = settings
  const set = Object.keys(variables).filter(name => ours.test(name) && variables[name])
  return {
    files: files.files,
    profile,
    repository: directory,
    variables: set.sort(),
    retention,
    configuration,
  }
}

/** Variables that mean something here. */
const ours = /^(RESPALDO_|RETENTION_|POSTGRES_|DOCKER_|PG[A-Z]|BACKUP_DIR$|DATABASE_URL$|NO_COLOR$)/
