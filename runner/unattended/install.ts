import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { limitsOf } from '#lib/config/limits'
import { RespaldoError } from '#lib/errors'
import { namedSchedule } from '#lib/schedule/schedule'
import { openServices, type Settings } from '#lib/services'
import { checkedSettings } from '../checked-settings.ts'
import type { GlobalOptions } from '../cli.ts'
import type { Outside } from '../outside.ts'
import { shown } from '../shown.ts'
import { kubernetesCronJob } from './cronjob.ts'
import { crontabLines } from './crontab.ts'
import { thisPlace } from './place.ts'
import { unitFile } from './systemd.ts'
import { systemdUnit, unitMark } from './unit.ts'

/** What the command line says beside the schedule. */
export interface InstallOptions extends GlobalOptions {
  user?: boolean
  print?: 'unit' | 'crontab' | 'cronjob'
}

/** Writes a unit for what `serve` would be here, or prints one of its other forms. The configuration has to be sound. */
export function installService(
  schedule: string | undefined,
  options: InstallOptions,
  outside: Outside,
): Promise<number> {
  return shown('install-service', { options, outside }, () => {
    const { settings } = checkedSettings(options, outside)
    if (!options.print) return written(options, settings, outside)
    return { print: options.print, text: printed(schedule, options, settings) }
  })
}

function printed(schedule: string | undefined, options: InstallOptions, settings: Settings): string {
  if (options.print === 'unit') return unitOf(options, settings)
  if (schedule === undefined)
    throw new RespaldoError('input-invalid', `A ${options.print} needs the name of a schedule`)
  const found = namedSchedule(openServices(settings).schedules, schedule)
  return options.print === 'crontab' ? crontabLines(found, thisPlace(options)) : kubernetesCronJob(found)
}

function unitOf(options: InstallOptions, { directory, configuration }: Settings): string {
  const folders = (configuration.sources ?? []).flatMap(({ folder }) => (folder ? [resolve(folder)] : []))
  return systemdUnit({
    place: thisPlace(options),
    writes: [directory, ...folders],
    isUser: options.user ?? false,
    graceSeconds: limitsOf(configuration.limits).graceSeconds,
  })
}

/** The repository's folder is made too, because systemd mounts nothing writable that is not there. */
function written(options: InstallOptions, settings: Settings, { variables }: Outside) {
  const file = unitFile(options.user ?? false, variables)
  if (existsSync(file) && !readFileSync(file, 'utf8').startsWith(unitMark))
    throw new RespaldoError('input-invalid', `${file} is there already, and not by this command`, {
      hint: 'Remove it first, or print the unit with --print unit.',
    })
  try {
    mkdirSync(settings.directory, { recursive: true, mode: 0o700 })
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, unitOf(options, settings), { mode: 0o644 })
  } catch (cause) {
    throw new RespaldoError('forbidden', `${file} cannot be written: ${(cause as Error).message}`, {
      hint: 'Be root, or install it for this user alone with --user.',
      cause,
    })
  }
  const systemctl = options.user ? 'systemctl --user' : 'systemctl'
  return { file, next: [`${systemctl} daemon-reload`, `${systemctl} enable --now respaldo.service`] }
}
