import type { Halted } from './volume.ts'

/** The command line with which a person brings a workload back. */
export function restartCommand({ workload, rest, replicas }: Halted): string {
  const { kind, name, namespace } = workload
  if (kind === 'container') return `docker ${rest === 'pause' ? 'unpause' : 'start'} ${name}`
  const where = namespace === undefined ? '' : ` -n ${namespace}`
  return `kubectl scale ${kind}/${name} --replicas=${replicas ?? 1}${where}`
}
