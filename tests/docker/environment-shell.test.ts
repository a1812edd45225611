import { describe } from 'vitest'
import { dockerEnvironment } from '#lib/environment/docker'
import { shellContract } from '../contract/environment.ts'
import { countIn } from '../testbed/count.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'

const engine = testEngine()

describe.skipIf(!engine)('docker', () => {
  for (const version of ['17', '15-bare'] as const)
    shellContract(`docker, ${version}`, async () => {
      if (!engine) throw new Error('no engine')
      const postgres = await startPostgres(engine, { version })
      const environment = dockerEnvironment({ socketPath: engine.socketPath })
      const source = await environment.find({ container: postgres.name })
      return {
        shell: environment.shell(source),
        count: marker => countIn(postgres.exec, marker),
        close: postgres.remove,
      }
    })
})
