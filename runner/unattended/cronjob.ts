import { stringify } from 'yaml'
import type { Schedule } from '#lib/schedule/schedule'
import { plainCron } from './crontab.ts'

const labels = { 'app.kubernetes.io/name': 'respaldo', 'app.kubernetes.io/component': 'one-off' }

/** A CronJob of Kubernetes that does what the schedule says, with the names that `k8s/base` uses for image, account, claim and configuration. */
export function kubernetesCronJob(schedule: Schedule): string {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: jobName(schedule.name), labels },
    spec: {
      schedule: plainCron(schedule),
      timeZone: schedule.timeZone,
      suspend: !schedule.enabled,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      jobTemplate: { spec: { backoffLimit: 0, template: { metadata: { labels }, spec: pod(schedule) } } },
    },
  }
  return stringify(job, { aliasDuplicateObjects: false })
}

/** Names of objects are those of DNS, and jobs put eleven characters behind theirs. */
function jobName(schedule: string): string {
  const plain = schedule.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `respaldo-${plain}`.slice(0, 52).replace(/-+$/, '')
}

function pod({ name }: Schedule) {
  return {
    restartPolicy: 'Never',
    serviceAccountName: 'respaldo',
    terminationGracePeriodSeconds: 60,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'respaldo',
        image: 'respaldo',
        imagePullPolicy: 'IfNotPresent',
        args: ['schedule', 'run', name, '--json'],
        env: [{ name: 'RESPALDO_CONFIG', value: '/etc/respaldo/respaldo.yaml' }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'repository', mountPath: '/respaldo' },
          { name: 'config', mountPath: '/etc/respaldo', readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'repository', persistentVolumeClaim: { claimName: 'respaldo-repository' } },
      { name: 'config', configMap: { name: 'respaldo-config' } },
      { name: 'tmp', emptyDir: {} },
    ],
  }
}
