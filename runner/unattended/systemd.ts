import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The unit's name. */
export const unit = 'respaldo.service'

/** Where the unit is written, of the system or of a user. */
export function unitFile(isUser: boolean, variables: Readonly<Record<string, string | undefined>>): string {
  if (!isUser) return join('/etc/systemd/system', unit)
  return join(variables.XDG_CONFIG_HOME ?? join(variables.HOME ?? homedir(), '.config'), 'systemd/user', unit)
}

/** Whether systemd runs this machine; as sd_booted(3) finds out. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system')

/** The one word that `systemctl` answers, also when it answers with a status that is not 0, as for a unit that does not run. */
export function systemctl(verb: 'is-active' | 'is-enabled', isUser: boolean): Promise<string> {
  return new Promise(resolve => {
    execFile('systemctl', [...(isUser ? ['--user'] : []), verb, unit], (error, stdout) =>
      resolve(stdout.trim() || (error ? 'unknown' : '')),
    )
  })
}
