import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { schedulesOf } from '#lib/config/schedules'
import { kubernetesCronJob } from './cronjob.ts'
import { crontabLines, plainCron } from './crontab.ts'
import { systemdUnit } from './unit.ts'

const [nightly] = schedulesOf({ "shop's 100%": { every: 'daily 02:30' } }, 'Europe/Madrid')
const place = {
  command: ['/opt/node 24/node', '/srv/100%/$respaldo.mjs'],
  flags: ['--dir', '/srv/back "ups"'],
  folder: "/srv/it's here",
}

describe('a unit of systemd', () => {
  const unit = systemdUnit({ place, writes: ['/srv/back ups', '/srv/100%'], isUser: false, graceSeconds: 30 })

  test('serves from the same place with the same flags, each a word of its own', () => {
    expect(unit).toContain(
      String.raw`ExecStart="/opt/node 24/node" /srv/100%%/$$respaldo.mjs serve --dir "/srv/back \"ups\""`,
    )
    expect(unit).toContain("WorkingDirectory=/srv/it's here\n")
    expect(unit).toContain('ReadWritePaths="/srv/back ups"\nReadWritePaths=/srv/100%%\n')
  })

  test('leaves runs their grace, reads its configuration anew, and may do little', () => {
    for (const line of [
      'TimeoutStopSec=45',
      'ExecReload=/bin/kill -HUP $MAINPID',
      'ProtectSystem=strict',
      'NoNewPrivileges=yes',
    ])
      expect(unit.split('\n')).toContain(line)
  })

  test("of one user has nothing that only the system's own can do", () => {
    const user = systemdUnit({ place, writes: ['/srv'], isUser: true, graceSeconds: 30 })
    expect(user).not.toMatch(/ReadWritePaths|ProtectSystem|network-online/)
    expect(user).toContain('WantedBy=default.target')
  })
})

describe('a crontab', () => {
  test('runs the schedule in its zone; the shell gets each word whole', () => {
    const [zone, line] = crontabLines(nightly!, place).trimEnd().split('\n') as [string, string]
    expect(zone).toBe('CRON_TZ=Europe/Madrid')
    expect(line).toMatch(/^30 2 \* \* \* cd /)
    // What cron hands to the shell: a percent sign that is escaped is one.
    const command = line.replace(/^(\S+ ){5}cd '.*?here' && /, '').replaceAll('\\%', '%')
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    expect(words.trimEnd().split('\n')).toEqual([
      ...place.command,
      'schedule',
      'run',
      "shop's 100%",
      ...place.flags,
      '--quiet',
    ])
    expect(line.replaceAll('\\%', '')).not.toContain('%')
  })

  test.each(['0 0 2 * * *', '0 2 L * *', '0 2 15W * *', '0 2 * * FRI#2', '0 2 * * FRIL'])(
    'refuses %s',
    pattern => {
      expect(() => plainCron({ name: 'x', pattern })).toThrow('is not one of plain cron')
    },
  )

  test.each(['0 2 * * MON-FRI', '*/15 8-18 1,15 jan *'])('takes %s', pattern => {
    expect(plainCron({ name: 'x', pattern })).toBe(pattern)
  })
})

test('a CronJob runs the schedule in its zone, never twice at once', () => {
  const job = parse(kubernetesCronJob(nightly!))
  expect(job).toMatchObject({
    kind: 'CronJob',
    metadata: { name: 'respaldo-shop-s-100' },
    spec: { schedule: '30 2 * * *', timeZone: 'Europe/Madrid', suspend: false, concurrencyPolicy: 'Forbid' },
  })
  const [container] = job.spec.jobTemplate.spec.template.spec.containers
  expect(container.args).toEqual(['schedule', 'run', "shop's 100%", '--json'])
  expect(kubernetesCronJob(nightly!)).not.toMatch(/[&*]a1/)
})
