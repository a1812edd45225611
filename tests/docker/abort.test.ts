import { describe } from 'vitest'
import { dockerEnvironment } from '#lib/environment/docker'
import { abortCases, abortContract } from '../contract/abort.ts'
import { startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'

const engine = testEngine()

describe.skipIf(!engine)('docker', () => {
  for (const one of abortCases)
    abortContract(`docker, ${one.version}`, one, async () => {
      if (!engine) throw new Error('no engine')
      const postgres = await startPostgres(engine, { version: one.version })
      const environment = dockerEnvironment({ socketPath: engine.socketPath })
      const source = await environment.find({ container: postgres.name })
      const shell = environment.shell(source)
      return {
        postgres,
        shell,
        bystander: shell,
        connection: await environment.connection(source),
        close: postgres.remove,
      }
    })
})
