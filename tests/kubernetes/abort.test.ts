import { describe } from 'vitest'
import { dockerEnvironment } from '#lib/environment/docker'
import { kubernetesEnvironment } from '#lib/environment/kubernetes'
import { type AbortCase, abortCases, abortContract } from '../contract/abort.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { openTestCluster } from './cluster.ts'

const engine = testEngine()

const [old, recent, , bare] = abortCases as readonly [AbortCase, AbortCase, AbortCase, AbortCase]
const cases = [
  [recent, 'v5'],
  [old, 'v4'],
  [bare, 'v4'],
] as const

describe.skipIf(!engine)('kubernetes', () => {
  for (const [one, protocol] of cases)
    abortContract(`kubernetes ${protocol}, ${one.version}`, one, async () => {
      if (!engine) throw new Error('no engine')
      const postgres = await startPostgres(engine, { version: one.version })
      const cluster = await openTestCluster(engine.docker)
      cluster.protocols = [`${protocol}.channel.k8s.io`]
      cluster.add({ name: 'db-0', container: postgres.id })
      const environment = kubernetesEnvironment({ variables: { KUBECONFIG: await cluster.kubeconfig() } })
      // The input of v4 comes in blocks, which is no way to ask and answer.
      const beside = dockerEnvironment({ socketPath: engine.socketPath })
      const source = await environment.find({ pod: 'db-0' })
      return {
        postgres,
        shell: environment.shell(source),
        bystander: beside.shell(await beside.find({ container: postgres.name })),
        connection: await environment.connection(source),
        close: async () => {
          await cluster[Symbol.asyncDispose]()
          await postgres.remove()
        },
      }
    })
})
