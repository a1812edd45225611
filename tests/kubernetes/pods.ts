import type { V1Pod } from '@kubernetes/client-node'
import type Docker from 'dockerode'
import { runId, runLabel } from '../testbed/run-id.ts'

type Plain<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Plain<T[K]> } : T

/** A pod as JSON. */
export type PodJson = Plain<V1Pod>

/** A pod and the containers of an engine that it is. */
export interface StandInPod {
  json: PodJson
  /** Name in the pod → id in the engine; one that has none never starts. */
  containers: Record<string, string>
  /** Instead of what the engine says. */
  status?: PodJson['status']
}

/** The pod as the API shows it now. */
export async function shown(docker: Docker, { json, containers, status }: StandInPod): Promise<PodJson> {
  if (status) return { ...json, status }
  const statuses = await Promise.all(
    (json.spec?.containers ?? []).map(({ name, image }) => statusOf(docker, name, image, containers[name])),
  )
  const isRunning = statuses.some(({ state }) => state.running)
  const hasFailed = statuses.every(({ state }) => state.terminated)
  return {
    ...json,
    status: {
      phase: isRunning ? 'Running' : hasFailed ? 'Failed' : 'Pending',
      containerStatuses: statuses,
    },
  }
}

async function statusOf(docker: Docker, name: string, image: string | undefined, id: string | undefined) {
  const common = { name, image: image ?? '', imageID: '', ready: false, restartCount: 0 }
  if (id === undefined)
    return {
      ...common,
      state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
    }
  const { State } = await docker.getContainer(id).inspect()
  // A restart is another container there.
  const containerID = `docker://${id}-${State.StartedAt}`
  if (State.Running)
    return { ...common, containerID, ready: true, state: { running: { startedAt: State.StartedAt } } }
  return { ...common, containerID, state: { terminated: { exitCode: State.ExitCode, reason: 'Error' } } }
}

/** Says whether a pod has the labels that a selector asks for. */
export function isSelected({ metadata }: PodJson, selector: string): boolean {
  const labels = metadata?.labels ?? {}
  return selector
    .split(',')
    .filter(Boolean)
    .every(term => {
      const [, key = '', operator, value] = /^([^=!]+)(==?|!=)(.*)$/.exec(term) ?? []
      if (operator === undefined) return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels
      return (labels[key] === value) === (operator !== '!=')
    })
}

/** Why a namespace that enforces the restricted standard refuses a pod. */
export function violations({ spec }: PodJson): string[] {
  const { securityContext: ofPod } = spec ?? {}
  return (spec?.containers ?? []).flatMap(({ securityContext: own }) => [
    ...(own?.allowPrivilegeEscalation === false ? [] : ['allowPrivilegeEscalation != false']),
    ...(own?.capabilities?.drop?.includes('ALL') ? [] : ['unrestricted capabilities']),
    ...(ofPod?.runAsNonRoot && ofPod.runAsUser !== 0 ? [] : ['runAsNonRoot != true']),
    ...(ofPod?.seccompProfile?.type === 'RuntimeDefault' ? [] : ['seccompProfile']),
    ...(spec?.automountServiceAccountToken === false
      ? []
      : ['a token (which this stand-in refuses by itself)']),
  ])
}

/** Starts a pod of one container as the engine can; undefined when it does not have the image. */
export async function startPod(docker: Docker, { metadata, spec }: PodJson): Promise<string | undefined> {
  const [container] = spec?.containers ?? []
  if (!container?.image || !(await hasImage(docker, container.image))) return undefined
  const { runAsUser, runAsGroup } = spec?.securityContext ?? {}
  const folders = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath)
  const made = await docker.createContainer({
    name: `respaldo-test-pod-${metadata?.name}`,
    Image: container.image,
    ...(container.command ? { Entrypoint: container.command } : {}),
    ...(container.args ? { Cmd: container.args } : {}),
    Env: (container.env ?? []).map(({ name, value }) => `${name}=${value ?? ''}`),
    User: `${runAsUser ?? 0}:${runAsGroup ?? 0}`,
    Labels: { [runLabel]: runId(), 'respaldo.source': 'false' },
    HostConfig: {
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ShmSize: 256 * 1024 * 1024,
      Memory: Number(container.resources?.limits?.memory ?? 0),
      // As an emptyDir: everybody's.
      Tmpfs: Object.fromEntries(
        folders.filter(folder => folder !== '/dev/shm').map(folder => [folder, 'mode=1777,exec']),
      ),
    },
  })
  await made.start()
  return made.id
}

async function hasImage(docker: Docker, image: string): Promise<boolean> {
  return docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    )
}
