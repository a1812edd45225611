import type { Place } from './place.ts'

/** What a unit of systemd is made of. */
export interface UnitFacts {
  place: Place
  /** Folders that it may write, the repository first. */
  writes: readonly string[]
  /** Of one user's own systemd, which cannot set up mounts. */
  isUser: boolean
  graceSeconds: number
}

/** By it an own unit is known, which may be written over. */
export const unitMark = '# Written by `respaldo install-service`; written over when that is called again.'

/** Seconds that the process has beyond the grace of its runs. */
const lastSeconds = 15

/** What takes rights away without a mount. V8 compiles as it goes, so memory has to be writable and executable. */
const restrictions = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
  'SystemCallArchitectures=native',
  'UMask=0077',
]

/** The rest, which only the system's own systemd can do. */
const isolation = [
  'ProtectSystem=strict',
  'ProtectHome=read-only',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'RestrictNamespaces=yes',
  'SystemCallFilter=@system-service',
  'CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER',
]

/** A unit that serves, starts again when it dies, and may do no more than that takes. */
export function systemdUnit({ place, writes, isUser, graceSeconds }: UnitFacts): string {
  const { command, flags, folder } = place
  const lines = [
    unitMark,
    '[Unit]',
    'Description=Respaldo, which backs up PostgreSQL and volumes',
    ...(isUser ? [] : ['Wants=network-online.target', 'After=network-online.target docker.service']),
    '',
    '[Service]',
    `ExecStart=${[...command, 'serve', ...flags].map(argument).join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    `WorkingDirectory=${path(folder)}`,
    'Restart=always',
    'RestartSec=5',
    `TimeoutStopSec=${graceSeconds + lastSeconds}`,
    'KillMode=mixed',
    ...restrictions,
    ...(isUser ? [] : [...isolation, ...writes.map(folder => `ReadWritePaths=${quoted(path(folder))}`)]),
    '',
    '[Install]',
    `WantedBy=${isUser ? 'default' : 'multi-user'}.target`,
    '',
  ]
  return lines.join('\n')
}

/** A percent sign begins a specifier, in a command a dollar sign a variable. */
const path = (text: string): string => text.replaceAll('%', '%%')
const argument = (text: string): string => quoted(path(text).replaceAll('$', '$$$$'))

const quoted = (text: string): string =>
  /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`
