import { describe, expect, test } from 'vitest'
import { RespaldoError } from '../errors.ts'
import { type Candidate, detect, discovered, type Evidence } from './detect.ts'
import type { EnvironmentName, Source } from './environment.ts'

interface Named {
  readonly name: EnvironmentName
}

function candidate(name: EnvironmentName, evidence: Evidence, available?: boolean): Candidate<Named> {
  return {
    environment: { name },
    evidence,
    why: `why of ${name}`,
    available: async () => {
      if (available === undefined) throw new Error(`${name} must not be asked`)
      return { isAvailable: available, reason: available ? `found in ${name}` : `nothing in ${name}` }
    },
  }
}

const direct = (evidence: Evidence) => candidate('direct', evidence)
const embedded = (evidence: Evidence) => candidate('embedded', evidence)
const docker = (available?: boolean) => candidate('docker', 'discovery', available)

describe('detect', () => {
  test('a flag beats everything and nothing is asked', async () => {
    const found = await detect([direct('variables'), embedded('configuration'), docker()], 'docker')
    expect(found).toMatchObject({ environment: { name: 'docker' }, reason: 'docker was asked for' })
  })

  test('also what nothing speaks for can be chosen', async () => {
    expect(await detect([embedded('none')], 'embedded')).toMatchObject({ environment: { name: 'embedded' } })
  })

  test('a flag for what does not exist says what does', async () => {
    await expect(detect([docker(), direct('none')], 'kubernetes')).rejects.toMatchObject({
      code: 'environment-unavailable',
      hint: 'There are: docker, direct.',
    })
  })

  test('variables beat the configuration, which beats discovery, in whatever order they come', async () => {
    const all = [docker(), embedded('configuration'), direct('variables')]
    expect(await detect(all)).toMatchObject({ environment: { name: 'direct' }, reason: 'why of direct' })
    expect(await detect(all.slice(0, 2))).toMatchObject({ environment: { name: 'embedded' } })
  })

  test('discovery is asked last and gives its own reason', async () => {
    expect(await detect([direct('none'), docker(true)])).toEqual({
      environment: { name: 'docker' },
      reason: 'found in docker',
      considered: [{ name: 'docker', reason: 'found in docker' }],
    })
  })

  test('what holds nothing is passed over, and told', async () => {
    const kubernetes = candidate('kubernetes', 'discovery', true)
    expect(await detect([docker(false), kubernetes])).toMatchObject({
      environment: { name: 'kubernetes' },
      considered: [
        { name: 'docker', reason: 'nothing in docker' },
        { name: 'kubernetes', reason: 'found in kubernetes' },
      ],
    })
  })

  test('nothing found names all that was looked at, and never takes what nothing speaks for', async () => {
    const failing = detect([direct('none'), embedded('none'), docker(false)])
    await expect(failing).rejects.toMatchObject({ code: 'environment-unavailable' })
    const { hint } = await failing.catch(error => error)
    for (const word of ['nothing in docker', 'why of direct', 'why of embedded', '--container', '--url'])
      expect(hint).toContain(word)
  })
})

describe('discovered', () => {
  const source = { id: 'a', place: { environment: 'docker', container: 'pc_db', database: 'x' } } as Source

  test('names what it found', async () => {
    const environment = {
      async *sources() {
        yield source
      },
    }
    expect(await discovered(environment)).toEqual({ isAvailable: true, reason: 'found pc_db' })
  })

  test('an environment that cannot be reached is not available, in its own words', async () => {
    const environment = {
      async *sources() {
        yield source
        throw new RespaldoError('environment-unavailable', 'no engine')
      },
    }
    expect(await discovered(environment)).toEqual({ isAvailable: false, reason: 'no engine' })
  })

  test('an empty one is not available', async () => {
    expect(await discovered({ async *sources() {} })).toMatchObject({ isAvailable: false })
  })
})
