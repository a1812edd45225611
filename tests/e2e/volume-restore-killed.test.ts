import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testEngine } from '../testbed/provided.ts'
import { openBench, type VolumeBench } from '../testbed/volume-bench.ts'

const engine = testEngine()
const program = new URL('killed-function.ts', import.meta.url).pathname

/** Steps at which the engine or the journal changes; that backups survive any other is for killed.test.ts. */
describe.skipIf(!engine)('a restore of a volume that is killed at any step', () => {
  let bench: VolumeBench<'data'>
  let root: string
  let backup: string

  /** The volume's only user is the container in which a test looks into it. */
  const run = (at: string, nth: number, name: string, input: object) => {
    const given = [at, String(nth), name, JSON.stringify(input), engine!.socketPath, '^(journal|pins)/']
    return promisify(execFile)(process.execPath, [program, ...given]).then(
      ({ stdout }) => ({ signal: null, answer: JSON.parse(stdout) as Record<string, unknown> }),
      ({ signal, stderr }) => {
        expect(signal, stderr).toBe('SIGKILL')
        return { signal: 'SIGKILL', answer: undefined }
      },
    )
  }
  const look = 'cd /data; find . -printf "%P %y %m %U %T@ %l\\n" | sort; find . -type f -exec cat {} +'
  const content = async () => (await bench.sh(look)).toString()
  const change = 'cd /data; printf changed > a; rm -r folder; printf new > new; chmod 700 .'
  const entries = async (at: string) => {
    const all = await readdir(join(at, 'journal'), { recursive: true }).catch(() => [])
    return all.filter(name => name.endsWith('.json'))
  }
  const own = async () => {
    const filters = { label: ['respaldo.scratch'], name: ['respaldo-staged', 'respaldo-undo'] }
    const all = ((await engine!.docker.listVolumes({ filters })).Volumes ?? []).map(({ Name }) => Name)
    return all.filter(name => /^respaldo-\w+-\d+-\d+$/.test(name)) // named by the program's runs
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'respaldo-volume-killed-'))
    bench = await openBench(engine!, ['data'])
    await bench.sh(`cd /data; printf a > a; mkdir folder; ln -s a folder/link; head -c 2000000 /dev/urandom > folder/b
      find . -exec touch -h -d @1600000000 {} +; chown 70:71 .; chmod 2750 .; cp -a /data /saved`)
    const { answer } = await run(root, 0, 'volume-backup', { volumes: [bench.names.data] })
    const { volumes } = answer as { volumes: { backup: { id: string } }[] }
    backup = volumes[0]!.backup.id
  })
  afterAll(async () => {
    await bench?.remove()
    if (root) await rm(root, { recursive: true })
  })

  test('is finished or undone by the next run', { timeout: 1_200_000 }, async () => {
    const restored = await content()
    const outcomes = { restored: 0, before: 0 }
    for (let nth = 1; ; nth++) {
      const at = `${root}-${nth}`
      await cp(root, at, { recursive: true })
      await bench.sh(change)
      const before = await content()
      const ended = await run(at, nth, 'restore', { backup, stop: true, confirm: bench.names.data })
      const { answer } = await run(at, 0, 'list', {})
      const where = `killed at step ${nth}: ${JSON.stringify(answer?.warnings)}`
      const now = await content() // fails while the container is stopped
      expect([restored, before], where).toContain(now)
      outcomes[now === restored ? 'restored' : 'before'] += 1
      expect(await entries(at), where).toEqual([])
      await bench.sh('cd /data; find . -mindepth 1 -delete; cp -a /saved/. .')
      await rm(at, { recursive: true })
      if (ended.signal === null) break
      expect(nth).toBeLessThan(100)
    }
    await run(root, 0, 'volume-backup', { volumes: [bench.names.data] })
    expect(await own()).toEqual([])
    expect(outcomes.restored).toBeGreaterThan(5)
    expect(outcomes.before).toBeGreaterThan(5)
  })
})
