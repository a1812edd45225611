import { expect, test } from 'vitest'
import type { DatabaseManifest, Manifest, VolumeManifest } from '../repository/manifest.ts'
import type { Client } from '../volumes/volume.ts'
import { type ProjectFacts, planProject } from './project-plan.ts'

const client = (name: string, over: Partial<Client> = {}): Client => ({
  workload: { name, id: name, kind: 'container' },
  running: true,
  rest: undefined,
  execBefore: undefined,
  execAfter: undefined,
  dependsOn: [],
  ...over,
})
const database = (id: string, container: string, over: object = {}) =>
  ({
    id,
    kind: 'regular',
    scope: {},
    source: { id: container, kind: 'postgres', place: { environment: 'docker', container, database: 'd' } },
    ...over,
  }) as DatabaseManifest
const volume = (id: string, name: string) =>
  ({
    id,
    kind: 'regular',
    scope: {},
    source: {
      id: `volume.${name}`,
      kind: 'volume',
      place: { environment: 'docker', volume: name },
      recipe: {},
    },
  }) as unknown as VolumeManifest
const mounted = (name: string, ...users: string[]) => ({
  source: {
    id: `volume.${name}`,
    kind: 'volume' as const,
    place: { environment: 'docker' as const, volume: name },
    reason: 'a test',
  },
  users,
})
const found = (container: string) => ({
  id: container,
  kind: 'postgres' as const,
  place: { environment: 'docker' as const, container, database: 'd' },
  state: 'running' as const,
  reason: 'a test',
})

const backups: readonly Manifest[] = [
  database('safety', 'app-db', { kind: 'safety' }),
  database('part', 'app-db', { scope: { schemaOnly: true } }),
  database('new', 'app-db'),
  volume('files-new', 'files'),
  volume('data-new', 'data'),
  database('old', 'app-db'),
  database('foreign', 'elsewhere'),
]
const facts = (over: Partial<ProjectFacts> = {}): ProjectFacts => ({
  project: 'app',
  clients: [
    client('app-db'),
    client('app-web', { dependsOn: ['app-db'] }),
    client('app-job', { running: false }),
  ],
  databases: [found('app-db'), found('elsewhere')],
  volumes: [mounted('files', 'app-web'), mounted('data', 'app-db'), mounted('cache', 'app-web')],
  backups,
  named: [],
  dataVolumes: false,
  ...over,
})
const ids = (manifests: readonly Manifest[]) => manifests.map(({ id }) => id)

test('the newest whole backup of all that a project keeps; the volume under a restored database is left out', () => {
  const { databases, volumes, left, quiesce, wish } = planProject(facts())
  expect([ids(databases), ids(volumes)]).toEqual([['new'], ['files-new']])
  expect(left).toEqual([
    { name: 'volume.cache', why: 'it has no backup' },
    { name: 'volume.data', why: 'it is in use by app-db, whose database is restored' },
  ])
  expect(wish.spared).toEqual(['app-db'])
  expect(quiesce.steps.map(({ client, rest }) => [client.workload.name, rest])).toEqual([['app-web', 'stop']])
})

test('it comes too when that is asked, and when the database has no backup', () => {
  expect(ids(planProject(facts({ dataVolumes: true })).volumes)).toEqual(['data-new', 'files-new'])
  const without = planProject(facts({ backups: backups.filter(({ source }) => source.kind === 'volume') }))
  expect(ids(without.volumes)).toEqual(['data-new', 'files-new'])
  expect(without.left.map(({ name }) => name)).toEqual(['app-db', 'volume.cache'])
})

test('a named backup takes the place of the newest of its source; one of something else is refused', () => {
  expect(ids(planProject(facts({ named: [backups[5]!] })).databases)).toEqual(['old'])
  expect(() => planProject(facts({ named: [backups[6]!] }))).toThrow('is of nothing in the project app')
  expect(() => planProject(facts({ named: [backups[5]!, backups[2]!] }))).toThrow('app-db/new')
})

test('a project of which there is no backup is refused', () => {
  expect(() => planProject(facts({ backups: [backups[6]!] }))).toThrow('no whole backup of anything')
})
