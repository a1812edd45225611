import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseConfig } from '#lib/config'
import { problemsOf } from '../manifests/openapi.ts'
import { looseEnds, podsOf, type Resource, referencesOf, selectorsOf } from '../manifests/resources.ts'
import { run } from '../testbed/command.ts'
import { kubectlProgram } from '../testbed/debian-programs.ts'
import { testEngine } from '../testbed/provided.ts'

const folder = (name: string) => fileURLToPath(new URL(`../../k8s/${name}`, import.meta.url))
const overlays = ['', 'demo']
const access = ['access/databases', 'access/trials', 'access/volumes', 'access/scaling']

/** As `kubectl apply -k` makes them. Debian's packages are there wherever the private engine is. */
const rendered = new Map<string, Resource[]>()
const of = (name: string) => rendered.get(name) ?? []

const isChosen = (labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>) =>
  Object.entries(selector).every(([label, value]) => labels[label] === value)

const functionOf = ({ spec }: Resource) => spec?.jobTemplate?.spec.template.spec.containers[0]?.args?.[0]

describe.skipIf(!testEngine())('the manifests', () => {
  beforeAll(async () => {
    const kubectl = await kubectlProgram()
    for (const name of [...overlays, ...access]) {
      const text = await run([kubectl, 'kustomize', folder(name)])
      rendered.set(
        name,
        parseAllDocuments(text).map(document => document.toJS()),
      )
    }
  })

  test.each([...overlays, ...access])('k8s/%s is what the OpenAPI document allows', async name => {
    expect(of(name)).not.toEqual([])
    expect((await Promise.all(of(name).map(problemsOf))).flat()).toEqual([])
  })

  test.each(overlays)('in k8s/%s everything is in one namespace, and what is named is there', name => {
    const resources = of(name)
    const [namespace, ...others] = resources
    expect(namespace).toMatchObject({ kind: 'Namespace', metadata: { name: 'respaldo' } })
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['respaldo']))
    const names = resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(new Set(names).size).toBe(names.length)
    const missing = referencesOf(resources).filter(({ target }) => !names.includes(target))
    // The token of the base is made by whoever installs it.
    expect(new Set(missing.map(({ target }) => target))).toEqual(
      new Set(name === '' ? ['Secret/respaldo-token'] : []),
    )
  })

  test.each(overlays)('in k8s/%s every selector finds a pod', name => {
    const pods = podsOf(of(name))
    const selectors = of(name).flatMap(resource => selectorsOf(resource))
    expect(selectors.length).toBeGreaterThan(8)
    const idle = selectors.filter(selector => !pods.some(({ labels }) => isChosen(labels, selector)))
    expect(idle).toEqual([])
  })

  test.each(overlays)('in k8s/%s no pod may more than it has to', name => {
    const pods = podsOf(of(name))
    expect(pods.length).toBeGreaterThan(8)
    expect(pods.flatMap(pod => looseEnds(pod).map(end => `${pod.owner}: ${end}`))).toEqual([])
    const account = pods.filter(
      ({ spec }) => spec.serviceAccountName ?? spec.automountServiceAccountToken !== false,
    )
    expect(account.map(({ owner }) => owner.replace(/.*\//, '')).sort()).toEqual([
      'respaldo',
      'respaldo-apply-retention-one-off',
      'respaldo-create-one-off',
      'respaldo-verify-one-off',
      'respaldo-volume-backup-one-off',
    ])
  })

  test.each(overlays)('k8s/%s schedules each function in two ways, of which one is on at most', name => {
    const jobs = of(name).filter(({ kind }) => kind === 'CronJob')
    for (const job of jobs) {
      expect(job.spec).toMatchObject({ concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 3600 })
      expect(job.spec?.jobTemplate?.spec.activeDeadlineSeconds).toBeGreaterThan(0)
    }
    const on = jobs.filter(({ spec }) => !spec?.suspend).map(functionOf)
    const wanted = ['apply-retention', 'create', 'verify', 'volume-backup']
    expect(jobs.map(functionOf).sort()).toEqual(wanted.flatMap(one => [one, one]))
    expect(on.sort()).toEqual(name === '' ? wanted.slice(0, 3) : wanted)
  })

  test('one-off runs share the node of the runner', () => {
    const oneOff = podsOf(of('')).filter(({ labels }) => labels['app.kubernetes.io/component'] === 'one-off')
    expect(oneOff).toHaveLength(4)
    for (const { spec } of oneOff)
      expect(spec.affinity).toMatchObject({
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { 'app.kubernetes.io/component': 'runner' } },
            },
          ],
        },
      })
  })

  test('the account may no more than run commands beside databases, until more is bound', () => {
    expect(of('').flatMap(({ rules = [] }) => rules)).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] },
    ])
    for (const name of access) {
      const [role, binding] = of(name)
      expect(binding?.roleRef?.name).toBe(role?.metadata.name)
      expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name: 'respaldo', namespace: 'respaldo' }])
      const granted = (role?.rules ?? []).flatMap(({ resources, verbs }) => [...resources, ...verbs])
      expect(granted.filter(word => ['*', 'secrets', 'deletecollection', 'update'].includes(word))).toEqual(
        [],
      )
      // Without a namespace of its own, so that it can be granted in any.
      expect(role?.metadata.namespace).toBeUndefined()
    }
  })

  test('the configuration is one, and lets the schedules in', () => {
    const config = of('').find(({ metadata }) => metadata.name.startsWith('respaldo-config'))
    expect(parseConfig(config?.data?.['respaldo.yaml'] ?? '', 'respaldo.yaml').hosts).toContain('respaldo')
  })
})
