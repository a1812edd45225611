/** What tests look at of a pod; everything else is the OpenAPI document's affair. */
export interface PodSpec {
  serviceAccountName?: string
  automountServiceAccountToken?: boolean
  affinity?: object
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } }
  containers: Container[]
  initContainers?: Container[]
  volumes?: Volume[]
}

interface Container {
  name: string
  image: string
  args?: string[]
  env?: { name: string; valueFrom?: { secretKeyRef?: { name: string } } }[]
  volumeMounts?: { name: string }[]
  resources?: { requests?: object; limits?: { memory?: string } }
  securityContext?: {
    allowPrivilegeEscalation?: boolean
    readOnlyRootFilesystem?: boolean
    capabilities?: { drop?: string[] }
  }
}

interface Volume {
  name: string
  configMap?: { name: string }
  secret?: { secretName: string }
  persistentVolumeClaim?: { claimName: string }
}

type Labels = Readonly<Record<string, string>>

/** A resource as far as tests look at it. */
export interface Resource {
  kind: string
  metadata: { name: string; namespace?: string }
  data?: Record<string, string>
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[]
  roleRef?: { kind: string; name: string }
  subjects?: { kind: string; name: string; namespace: string }[]
  spec?: {
    template?: { metadata: { labels: Labels }; spec: PodSpec }
    serviceName?: string
    volumeClaimTemplates?: { metadata: { name: string } }[]
    suspend?: boolean
    concurrencyPolicy?: string
    startingDeadlineSeconds?: number
    jobTemplate?: {
      spec: { activeDeadlineSeconds?: number; template: { metadata: { labels: Labels }; spec: PodSpec } }
    }
  }
}

/** A pod that some resource makes. */
export interface Pod {
  owner: string
  labels: Labels
  spec: PodSpec
  /** Names of its volumes, those that a set claims for it too. */
  volumes: readonly string[]
}

/** The pods of Deployments, StatefulSets and CronJobs. */
export function podsOf(resources: readonly Resource[]): Pod[] {
  return resources.flatMap(({ kind, metadata, spec }) => {
    const template = spec?.template ?? spec?.jobTemplate?.spec.template
    if (!template) return []
    const volumes = [...(template.spec.volumes ?? []), ...claimsOf(spec)].map(({ name }) => name)
    const owner = `${kind}/${metadata.name}`
    return [{ owner, labels: template.metadata.labels, spec: template.spec, volumes }]
  })
}

const claimsOf = (spec: Resource['spec']) =>
  (spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata)

/** The labels by which anything in a resource chooses pods, however far inside. */
export function selectorsOf(value: unknown): Labels[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, one]) => {
    const chooses = ['selector', 'podSelector', 'labelSelector'].includes(key)
    return chooses ? [(one as { matchLabels?: Labels }).matchLabels ?? (one as Labels)] : selectorsOf(one)
  })
}

/** What pods, bindings and sets name, as `Kind/name`, with who names it. */
export function referencesOf(resources: readonly Resource[]): { owner: string; target: string }[] {
  const ofPods = podsOf(resources).flatMap(({ owner, spec }) =>
    namedByPod(spec).map(target => ({ owner, target })),
  )
  const others = resources.flatMap(({ kind, metadata, spec, roleRef, subjects = [] }) => {
    const named = subjects.map(subject => `${subject.kind}/${subject.name}`)
    if (roleRef) named.push(`${roleRef.kind}/${roleRef.name}`)
    if (spec?.serviceName) named.push(`Service/${spec.serviceName}`)
    return named.map(target => ({ owner: `${kind}/${metadata.name}`, target }))
  })
  return [...ofPods, ...others]
}

function namedByPod({ serviceAccountName, volumes = [], containers }: PodSpec): string[] {
  const secrets = containers
    .flatMap(({ env = [] }) => env)
    .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? [])
  return [
    ...(serviceAccountName ? [`ServiceAccount/${serviceAccountName}`] : []),
    ...secrets.map(name => `Secret/${name}`),
    ...volumes.flatMap(({ configMap, secret, persistentVolumeClaim }) => {
      if (configMap) return [`ConfigMap/${configMap.name}`]
      if (secret) return [`Secret/${secret.secretName}`]
      return persistentVolumeClaim ? [`PersistentVolumeClaim/${persistentVolumeClaim.claimName}`] : []
    }),
  ]
}

/** What a pod may do beyond the restricted pod security standard, a root file system that nobody writes, and named limits; and mounts of nothing. */
export function looseEnds({ spec, volumes }: Pod): string[] {
  const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext ?? {}
  const ofPod = [
    runAsNonRoot && runAsUser ? '' : 'may be root',
    seccompProfile?.type === 'RuntimeDefault' ? '' : 'has no seccomp profile',
  ]
  const ofContainers = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(container => {
    const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext ?? {}
    return [
      allowPrivilegeEscalation === false ? '' : 'may gain privileges',
      readOnlyRootFilesystem ? '' : 'may write its root file system',
      capabilities?.drop?.includes('ALL') ? '' : 'keeps capabilities',
      container.resources?.requests && container.resources.limits?.memory ? '' : 'has no limits',
      ...(container.volumeMounts ?? []).map(({ name }) =>
        volumes.includes(name) ? '' : `mounts ${name}, which is no volume`,
      ),
    ].map(end => end && `${container.name} ${end}`)
  })
  return [...ofPod, ...ofContainers].filter(Boolean)
}
