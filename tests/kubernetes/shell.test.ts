import { describe } from 'vitest'
import { kubernetesEnvironment } from '#lib/environment/kubernetes'
import { shellContract } from '../contract/environment.ts'
import { countIn } from '../testbed/count.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'
import { openTestCluster } from './cluster.ts'

const engine = testEngine()

describe.skipIf(!engine)('kubernetes', () => {
  for (const [version, protocol] of [
    ['17', 'v5.channel.k8s.io'],
    ['15-bare', 'v5.channel.k8s.io'],
    ['17', 'v4.channel.k8s.io'],
  ] as const)
    shellContract(`kubernetes, ${version}, ${protocol.slice(0, 2)}`, async () => {
      if (!engine) throw new Error('no engine')
      const postgres = await startPostgres(engine, { version })
      const cluster = await openTestCluster(engine.docker)
      cluster.protocols = [protocol]
      cluster.add({ name: 'db-0', container: postgres.id })
      const environment = kubernetesEnvironment({ variables: { KUBECONFIG: await cluster.kubeconfig() } })
      return {
        shell: environment.shell(await environment.find({ pod: 'db-0' })),
        count: marker => countIn(postgres.exec, marker),
        close: async () => {
          await cluster[Symbol.asyncDispose]()
          await postgres.remove()
        },
      }
    })
})
