import { functions } from '#functions'
import { silent } from '#lib/events'
import { openServices, type Services } from '#lib/services'
import type { GlobalOptions } from '../cli.ts'
import { invoke, outcome } from '../invoke.ts'
import type { Outside } from '../outside.ts'
import { readSettings } from '../settings.ts'
import { shown } from '../shown.ts'
import { hasSystemd, systemctl, unit } from './systemd.ts'

/** Shows whether the unit runs, and what the repository knows of the schedules, whoever fires them. */
export function checkService(options: GlobalOptions & { user?: boolean }, outside: Outside): Promise<number> {
  return shown('check-service', { options, outside }, async () => {
    const services = openServices(readSettings(options, outside, 'cli'))
    const { schedules } = await asked<{ schedules: unknown[] }>({}, services)
    const { next } = await asked<{ next: unknown[] }>({ next: 1 }, services)
    return { service: await serviceState(options.user ?? false), next: next[0] ?? null, schedules }
  })
}

async function asked<Result>(input: Record<string, unknown>, services: Services): Promise<Result> {
  return (await outcome(await invoke(functions.schedule!, services, { input }), silent)) as Result
}

/** Null where no systemd is. */
async function serviceState(isUser: boolean) {
  if (!hasSystemd()) return null
  const [active, enabled] = await Promise.all([
    systemctl('is-active', isUser),
    systemctl('is-enabled', isUser),
  ])
  return { unit, active, enabled }
}
