import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drain } from '#lib/bytes'
import { dockerEnvironment } from '#lib/environment/docker'
import type { Shell } from '#lib/environment/environment'
import { type EngineProxy, openEngineProxy } from '../testbed/engine-proxy.ts'
import { type PostgresContainer, startPostgres } from '../testbed/postgres.ts'
import { testEngine } from '../testbed/provided.ts'

const engine = testEngine()

describe.skipIf(!engine)('docker: a connection that is cut', () => {
  let postgres: PostgresContainer
  let proxy: EngineProxy
  let shell: Shell
  beforeAll(async () => {
    if (!engine) throw new Error('no engine')
    postgres = await startPostgres(engine, { version: '17' })
    proxy = await openEngineProxy(engine.socketPath)
    const environment = dockerEnvironment({ socketPath: proxy.path })
    shell = environment.shell(await environment.find({ container: postgres.name }))
    await drain(shell.exec({ argv: ['true'] }).stdout)
  })
  afterAll(async () => {
    await proxy?.close()
    await postgres?.remove()
  })
  const survivors = async () => {
    const { stdout } = await postgres.exec(['ps', '-eo', 'comm'])
    return stdout.split('\n').filter(name => /^(head|yes|sleep)$/.test(name))
  }

  // Cleanly: the engine's death looks like this, and so does a proxy that has had enough.
  test.for([1_000, 1_000_000, 3_333_333])('after %i bytes is never a whole output', async bytes => {
    proxy.cut = { bytes }
    const running = shell.exec({ argv: ['head', '-c', '50000000', '/dev/zero'] })
    await expect(drain(running.stdout)).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('was cut'),
    })
    await expect(running.finished).rejects.toMatchObject({ code: 'command-failed' })
    await expect.poll(survivors).toEqual([])
  })

  test('of a silent command too, which does not go on', async () => {
    proxy.cut = { milliseconds: 300 }
    await expect(drain(shell.exec({ argv: ['sleep', '3600'] }).stdout)).rejects.toMatchObject({
      code: 'command-failed',
    })
    await expect.poll(survivors).toEqual([])
  })
})
