import { compactTime } from '#lib/clock'
import type { RetentionBackup } from '#lib/retention/backup'
import { planRetention } from '#lib/retention/plan'
import { type RetentionPolicy, retentionPolicy } from '#lib/retention/policy'

/** A case of retention as it is written down: comments, settings, backups, and after `----` what is decided. */
interface Case {
  now: Date
  policy: RetentionPolicy
  held: ReadonlySet<string>
  backups: RetentionBackup[]
}

const divider = '----'

/**
 * The case with its decision made anew. Settings: `now TIME`, `zone NAME`, `scheme NAME`, `held SOURCE…`, `rules RULE=N…` beside the defaults or
 * `only RULE=N…` without. A backup: `SOURCE TIME TYPE` and words of `backupOf`.
 */
export function decided(text: string): string {
  const input = text.split(`${divider}\n`)[0]!
  const { backups, policy, now, held } = parseCase(input)
  const { keep, remove } = planRetention(backups, policy, now, { held })
  const kept = keep.map(({ backup, reasons, isExpired }) =>
    line(backup, reasons, isExpired ? ' (expired)' : ''),
  )
  return [
    input + divider,
    'keep',
    ...kept,
    'remove',
    ...remove.map(one => line(one.backup, one.reasons)),
    '',
  ].join('\n')
}

function line(
  { source, id }: RetentionBackup,
  reasons: readonly { rule: string; text: string }[],
  mark = '',
): string {
  return `  ${source}/${id}${mark}  ${reasons.map(({ rule, text }) => `${rule}: ${text}`).join('; ')}`
}

function parseCase(input: string): Case {
  const lines = input.split('\n').filter(text => text !== '' && !text.startsWith('#'))
  const setting = (name: string) =>
    lines
      .find(text => text.startsWith(`${name} `))
      ?.split(' ')
      .slice(1)
  const backups: RetentionBackup[] = []
  for (const text of lines.filter(text => /^\S+ \d{4}-/.test(text) && !text.startsWith('now ')))
    backups.push(backupOf(text, backups))
  const rules = (setting('only') ?? setting('rules') ?? []).map(rule => rule.split('='))
  const given = {
    ...Object.fromEntries(rules.map(([rule, count]) => [rule, Number(count)])),
    scheme: setting('scheme')?.[0] as RetentionPolicy['scheme'] | undefined,
    defaults: setting('only') === undefined,
  }
  return {
    now: new Date(setting('now')![0]!),
    policy: retentionPolicy([given], setting('zone')?.[0] ?? 'UTC'),
    held: new Set(setting('held')),
    backups,
  }
}

/** Words: `safety`, `proven`, `failed`, `pinned`, `accepted`, `scope=`, `rows=`, `bytes=`, `id=`, `parent=`. An incremental builds on the one before it. */
function backupOf(text: string, before: readonly RetentionBackup[]): RetentionBackup {
  const [source = '', time = '', type, ...words] = text.split(' ')
  const value = (name: string) => words.find(word => word.startsWith(`${name}=`))?.slice(name.length + 1)
  const started = new Date(time)
  const id = value('id') ?? `${compactTime(started)}-${type}`
  const scope = value('scope') ?? 'whole'
  const rows = value('rows')
  const last = before.findLast(one => one.source === source && one.scope === scope && one.kind === 'regular')
  const onTop =
    type === 'incremental' ? { type, parent: value('parent') ?? last!.id, chain: last!.chain } : undefined
  return {
    source,
    id,
    scope,
    kind: words.includes('safety') ? 'safety' : 'regular',
    ...(onTop ?? { type: 'full', chain: id }),
    started: started.toISOString(),
    ...(rows === undefined ? {} : { rows: Number(rows) }),
    bytes: Number(value('bytes') ?? 1000),
    proven: words.includes('proven'),
    failed: words.includes('failed'),
    pinned: words.includes('pinned'),
    accepted: words.includes('accepted'),
  } as RetentionBackup
}
