import { describe } from 'vitest'
import { dockerEnvironment } from '#lib/environment/docker'
import { shellContract } from '../contract/environment.ts'
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
        count: async marker => countIn(postgres.exec, marker),
        close: postgres.remove,
      }
    })
})

/** Counted in the container, which may be on another machine; the counting command names the marker too. */
async function countIn(
  exec: (argv: readonly string[]) => Promise<{ stdout: string }>,
  marker: string,
): Promise<number> {
  const { stdout } = await exec(['ps', '-eww', '-o', 'args'])
  return stdout.split('\n').filter(line => line.includes(marker)).length
}
