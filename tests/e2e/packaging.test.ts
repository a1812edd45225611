import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../testbed/engine.ts'
import { type ExecOptions, type ExecResult, execIn } from '../testbed/exec.ts'
import { testEngine } from '../testbed/provided.ts'
import { type ComposeProject, openComposeProject, runnerImage } from './compose.ts'

const engine = testEngine()

const callScript = new URL('../../k8s/base/schedules/endpoint/call.mjs', import.meta.url)

describe.skipIf(!engine)('the image and docker-compose.yml', () => {
  let docker: Engine['docker']
  let project: ComposeProject
  let runner: string

  beforeAll(async () => {
    docker = engine!.docker
    project = await openComposeProject(engine!)
    await project.compose(['up', '--detach', '--build', '--wait'])
    runner = await project.container('respaldo')
  })
  afterAll(() => project?.remove())

  const inRunner = (argv: readonly string[], options?: ExecOptions): Promise<ExecResult> =>
    execIn(docker, runner, argv, options)
  const sql = async (text: string) => {
    const argv = ['psql', '-XAtq', '-U', 'postgres', '-d', 'pc_db', '-v', 'ON_ERROR_STOP=1', '-c', text]
    const { stdout, stderr } = await execIn(docker, project.database, argv)
    return stdout.trim() || stderr
  }
  const loadDemo = async () => {
    await project.compose(['--profile', 'demo', 'up', '--detach', 'demo'])
    return docker.getContainer(await project.container('demo')).wait()
  }

  test('brings up a database and the runner, and nothing else', async () => {
    expect((await project.compose(['ps', '-a', '--services'])).split('\n').filter(Boolean).sort()).toEqual([
      'postgres',
      'respaldo',
    ])
    const { State } = await docker.getContainer(runner).inspect()
    expect(State.Health?.Status).toBe('healthy')
    expect(await sql('SELECT count(*) FROM pg_tables WHERE schemaname = $$public$$')).toBe('0')
  })

  test('the runner is nobody special, and has nothing that only development needs', async () => {
    const { Config } = await docker.getImage(runnerImage).inspect()
    expect(Config.User).toBe('1000:1000')
    expect((await inRunner(['id', '-u'])).stdout).toBe('1000\n')
    expect(await inRunner(['sh', '-c', 'touch /opt/respaldo/one || touch /one'])).toMatchObject({
      exitCode: 1,
    })
    const { stdout } = await inRunner([
      'sh',
      '-c',
      'cd /opt/respaldo; find . -name node_modules -prune -o -name "*.test.ts" -print; ls; ls node_modules',
    ])
    const found = stdout.split('\n')
    expect(found).toEqual(expect.arrayContaining(['functions', 'lib', 'runner', 'demo', 'hono', 'dockerode']))
    expect(found.filter(name => /^(tests|vitest|typescript|.*\.test\.ts)$/.test(name))).toEqual([])
  })

  test('a backup that was made inside is restored there', async () => {
    // Twice: what is there already is left alone.
    expect(await loadDemo()).toMatchObject({ StatusCode: 0 })
    expect(await loadDemo()).toMatchObject({ StatusCode: 0 })
    const rows =
      'SELECT (SELECT count(*) FROM usuarios), (SELECT count(*) FROM productos), (SELECT count(*) FROM pedidos)'
    expect(await sql(rows)).toBe('12|15|34')
    const made = await inRunner(['respaldo', 'create', '--container', project.database, '--json'])
    expect(made).toMatchObject({ exitCode: 0 })
    await sql('DELETE FROM pedidos')
    expect(await sql(rows)).toBe('12|15|0')
    const restored = await inRunner([
      'respaldo',
      'restore',
      'latest',
      '--container',
      project.database,
      '--yes',
      '--json',
    ])
    expect(restored).toMatchObject({ exitCode: 0 })
    expect(await sql(rows)).toBe('12|15|34')
  })

  test('its client tools reach a server directly', async () => {
    const env = { PGHOST: 'postgres', PGUSER: 'postgres', PGPASSWORD: '12345', PGDATABASE: 'pc_db' }
    const made = await inRunner(['respaldo', 'create', '--environment', 'direct', '--json'], { env })
    expect(made).toMatchObject({ exitCode: 0 })
    expect(JSON.parse(made.stdout)).toMatchObject({
      backup: { source: { place: { environment: 'direct', host: 'postgres' } } },
    })
  })

  test('it is called from outside with its token alone, and from the schedules of k8s/', async () => {
    const env = { RESPALDO_HOST: '0.0.0.0', RESPALDO_TOKEN: 'a token' }
    await project.compose(['up', '--detach', '--wait', 'respaldo'], env)
    runner = await project.container('respaldo')
    const list = `http://127.0.0.1:${project.port}/api/list`
    expect(await fetch(list)).toMatchObject({ status: 401 })
    const answer = await fetch(list, { headers: { authorization: 'Bearer a token' } })
    expect(await answer.json()).toMatchObject({ backups: expect.any(Array) })

    await inRunner(['sh', '-c', 'printf "a token" >/tmp/token'])
    const argv = [
      'node',
      '--input-type=module',
      '-',
      'create',
      JSON.stringify({ container: project.database }),
    ]
    const called = await inRunner(argv, {
      env: { RESPALDO_URL: 'http://127.0.0.1:8787', RESPALDO_TOKEN_FILE: '/tmp/token' },
      stdin: await readFile(callScript),
    })
    expect(called).toMatchObject({ exitCode: 0 })
    expect(called.stdout).toMatch(/"type":"done".*\n$/)
  })

  test('it ends in good order when it is told to stop', async () => {
    await project.compose(['stop', 'respaldo'])
    const { State } = await docker.getContainer(runner).inspect()
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 0 })
  })
})
