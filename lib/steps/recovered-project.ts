import { RespaldoError } from '../errors.ts'
import { warn } from '../events.ts'
import type { Context } from '../http/create-function.ts'
import type { RestoreResult } from '../postgres/database.ts'
import type { DatabaseManifest, Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { LocatedWorkloads } from '../services.ts'
import { type Done, each } from './each.ts'
import { type ProjectFacts, type ProjectPlan, planProject } from './project-plan.ts'
import { quiescedBy } from './quiesced.ts'
import { backupInput, restored } from './restored.ts'
import { locateTarget } from './target.ts'

/** What a caller says of a recovery. */
export interface RecoveryRequest {
  project: string
  /** Each as `Repository.find` takes it. */
  backups?: readonly string[] | undefined
  dataVolumes?: boolean | undefined
  /** The project's name again. */
  confirm?: string | undefined
  wait?: boolean | undefined
}

/** What a recovery did. */
export interface RecoveredProject {
  project: string
  /** Those that rested meanwhile and run again. */
  stopped: readonly string[]
  databases: readonly Done<'database', { backup: string; restored: RestoreResult }>[]
  left: ProjectPlan['left']
}

/** A project and what is known of it. */
export interface Project extends LocatedWorkloads {
  plan: ProjectPlan
  repository: Repository
}

/** Finds a Compose project and decides what of it is restored; nothing is changed. */
export async function plannedProject(
  { project, backups: references = [], dataVolumes = false }: RecoveryRequest,
  { services, signal }: Context,
): Promise<Project> {
  const located = services.workloads({ environment: 'docker' })
  const clients = await located.workloads.ofProject(project, signal)
  if (clients.length === 0) throw noProject(project)
  const repository = await services.repository({ create: false })
  const { backups } = await repository.catalog()
  const named: Manifest[] = []
  for (const reference of references) named.push(await repository.find(reference))
  const facts = { project, clients, backups, named, dataVolumes }
  const plan = planProject({ ...facts, databases: await databases(services, signal), volumes: [] })
  return { ...located, plan, repository }
}

/** Stops a project's services, restores its databases, and starts the services again, whatever happens; its name has to confirm it. */
export async function recoveredProject(
  request: RecoveryRequest,
  context: Context,
): Promise<RecoveredProject> {
  const { project, confirm } = request
  const found = await plannedProject(request, context)
  const { plan, repository, workloads, place } = found
  if (confirm !== project) throw notConfirmed(project, plan)
  for (const { name, why } of plan.left) warn(context.report, { message: `${name} is left as it is: ${why}` })
  const clients = (signal: AbortSignal) => workloads.ofProject(project, signal)
  const journal = { store: repository.store, operation: 'recover' }
  await using resting = await quiescedBy({ place, workloads, clients, wish: plan.wish }, context, journal)
  await startDatabases(project, found, context)
  const task = {
    what: 'database' as const,
    done: 'restored',
    failed: 'Those that failed are as they were.',
    facts: { project },
  }
  const bySource = new Map(plan.databases.map(manifest => [manifest.source.id, manifest]))
  const databases = await each([...bySource.keys()], task, context, id =>
    restoredDatabase(bySource.get(id)!, request, context, repository),
  )
  return { project, stopped: resting.names, databases, left: plan.left }
}

/** Those that did not run could not be restored; they go on running. */
async function startDatabases(
  project: string,
  { plan, workloads }: Project,
  { services, report, signal }: Context,
): Promise<void> {
  const limitMilliseconds = services.quiesceLimitMilliseconds
  for (const { workload, running } of await workloads.ofProject(project, signal)) {
    if (running || !plan.wish.spared.includes(workload.name)) continue
    report({ type: 'step', step: 'start', message: `Starting ${workload.name}` })
    await workloads.resume({ workload, rest: 'stop' }, { limitMilliseconds }, signal)
  }
}

async function restoredDatabase(
  manifest: DatabaseManifest,
  { wait }: RecoveryRequest,
  context: Context,
  repository: Repository,
): Promise<{ backup: string; restored: RestoreResult }> {
  const { services } = context
  const { database } = manifest.source.place
  const input = await backupInput(repository, manifest, { replaces: true })
  const target = await locateTarget({}, context, manifest)
  const request = {
    run: services.newRun(),
    time: services.clock.now(),
    mode: 'swap' as const,
    database,
    createRoles: true,
  }
  const given = { confirm: database, wait }
  const result = await restored(request, context, { input, manifest, target, repository }, given)
  return { backup: `${manifest.source.id}/${manifest.id}`, restored: result }
}

async function databases(
  services: Context['services'],
  signal: AbortSignal,
): Promise<ProjectFacts['databases']> {
  const docker = services.candidates({}).find(({ environment }) => environment.name === 'docker')
  return docker ? Array.fromAsync(docker.environment.sources(signal)) : []
}

const noProject = (project: string): RespaldoError =>
  new RespaldoError('source-not-found', `There is no container of a Compose project ${project}`, {
    hint: '`docker compose ls --all` lists projects. Where the containers are gone, `docker compose up --no-start` makes them again.',
  })

const notConfirmed = (project: string, { quiesce, databases }: ProjectPlan): RespaldoError => {
  const stops = quiesce.steps.map(({ client }) => client.workload.name).join(', ') || 'nothing'
  const restores = databases.map(({ source, id }) => `${source.id}/${id}`).join(', ')
  return new RespaldoError(
    'not-confirmed',
    `The recovery of ${project} would stop ${stops} and restore ${restores}`,
    {
      hint: `Confirm with the project's name, ${project}.`,
      context: { confirm: project },
    },
  )
}
