import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCatalog } from '#lib/repository/catalog'
import { filesystemStore } from '#lib/store/filesystem'
import { type Goal, judge, verdictTable } from './goal.ts'
import { contest, type Measurement, measure, type Way } from './measure.ts'
import { parseOptions } from './options.ts'
import { writeRepository } from './repository.ts'
import { median, resultTable, stepTable, totalTable } from './table.ts'

const node = (script: string): Way => ({ name: 'a script', argv: [process.execPath, '-e', script] })
const took = (...times: number[]): Measurement[] =>
  times.map(seconds => ({
    seconds,
    cpuSeconds: seconds,
    peakBytes: seconds * 10_000_000,
    storedBytes: seconds * 100,
    said: [{ seconds: seconds / 4, text: 'Working' }],
  }))

describe.skipIf(process.platform !== 'linux')('a measured command', () => {
  test('has the processor time and the memory of what it started', async () => {
    const busy = 'const b = Buffer.alloc(3e8, 1); for (let i = 0; i < 8e8; i++); setTimeout(() => b, 100)'
    const { cpuSeconds, peakBytes } = await measure({
      name: 'a child',
      argv: ['sh', '-c', '"$0" -e "$1"; true', process.execPath, busy],
    })
    expect(cpuSeconds).toBeGreaterThan(0.1)
    expect(peakBytes).toBeGreaterThan(300e6)
    expect(peakBytes).toBeLessThan(600e6)
  })

  test('is measured after its preparation, with what it stored', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'respaldo-measure-'))
    const prepare = () => writeFile(join(folder, 'one'), 'x'.repeat(1000))
    const way = { name: 'copy', argv: ['cp', 'one', 'two'], stored: folder, prepare } as const
    const copy = (to: string) => ({ ...way, argv: ['cp', join(folder, 'one'), join(folder, to)] as const })
    expect((await measure(copy('two'))).storedBytes).toBe(2000)
    expect((await measure({ ...copy('three'), adds: true })).storedBytes).toBe(1000)
    await rm(folder, { recursive: true })
  })

  test('may measure a part of itself, and says that last', async () => {
    const way = node(`console.error('Working'); console.error('{"seconds":1000,"peakBytes":7}')`)
    expect(await measure({ ...way, tells: true })).toMatchObject({ seconds: 1000, peakBytes: 7 })
    await expect(measure({ ...node(''), tells: true })).rejects.toThrow('JSON')
  })

  test('that fails is no measurement, and says why', async () => {
    await expect(measure(node('console.error("no room"); process.exit(3)'))).rejects.toThrow(
      /a script ended with 3: no room/,
    )
    await expect(measure({ name: 'nothing', argv: ['/does/not/exist'] })).rejects.toThrow('ENOENT')
  })

  test('takes turns with the others', async () => {
    const order: string[] = []
    const ways = ['a', 'b'].map(name => ({ ...node(''), name, prepare: async () => void order.push(name) }))
    const results = await contest(ways, 2)
    expect(order).toEqual(['a', 'b', 'a', 'b'])
    expect([...results].map(([name, all]) => [name, all.length])).toEqual([
      ['a', 2],
      ['b', 2],
    ])
  })
})

describe('results', () => {
  const results = new Map([
    ['ours', took(4, 2, 3)],
    ['theirs', took(10, 8)],
  ])

  test('are medians', () => {
    expect([median([4, 2, 3]), median([10, 8]), median([])]).toEqual([3, 9, Number.NaN])
    expect(resultTable(results).split('\n')).toEqual([
      'way     seconds       range   cpu  memory  stored',
      'ours       3.00   2.00–4.00  3.00   30 MB   300 B',
      'theirs     9.00  8.00–10.00  9.00   90 MB   900 B',
    ])
  })

  test('are added up', () => {
    expect(totalTable(results).split('\n')).toEqual([
      'way     runs  seconds  stored',
      'ours       3     9.00   900 B',
      'theirs     2    18.00  1.8 kB',
    ])
  })

  test('divide by what was said', () => {
    expect(stepTable(took(4, 2, 3)).split('\n')).toEqual([
      'step      seconds',
      '(before)     0.75',
      'Working      2.25',
    ])
  })

  test('reach a goal or not', () => {
    const goals: Goal[] = [
      { way: 'ours', of: 'time', rival: 'theirs', atMost: 0.45, aim: 0.3 },
      { way: 'theirs', of: 'stored', rival: 'ours', atMost: 2.99 },
      { way: 'ours', of: 'time', atMost: 3 },
      { way: 'ours', of: 'memory', atMost: 39e6 },
    ]
    const verdicts = judge(results, goals)
    expect(verdicts.map(({ value, reached }) => [value, reached])).toEqual([
      [1 / 3, true],
      [3, false],
      [3, true],
      [40e6, false],
    ])
    expect(verdictTable(verdicts).split('\n').slice(1)).toEqual([
      'ours    time against theirs      0.33    ≤ 0.45  0.30      yes',
      'theirs  stored against ours      3.00    ≤ 2.99             NO',
      'ours                   time    3.00 s  ≤ 3.00 s            yes',
      'ours                 memory     40 MB   ≤ 39 MB             NO',
    ])
    const unknown: Goal = { way: 'nobody', of: 'time', atMost: 1 }
    expect(() => judge(results, [unknown])).toThrow('nobody was not measured')
  })
})

describe('a command line', () => {
  test('has defaults', () => {
    const { gigabytes, rounds, only, large } = parseOptions([])
    expect([gigabytes, rounds, [...only], large]).toEqual([
      1,
      5,
      ['create', 'restore', 'memory', 'start', 'incremental', 'verify', 'index', 'volume', 'serve'],
      false,
    ])
  })

  test('chooses parts and sizes', () => {
    const { gigabytes, only } = parseOptions(['--gigabytes', '0.1', '--only', 'start,create'])
    expect([gigabytes, [...only]]).toEqual([0.1, ['start', 'create']])
  })

  test.for([['--gigabytes', 'much'], ['--rounds', '0'], ['--only', 'everything'], ['--fast']])(
    'that makes no sense is refused: %s',
    args => {
      expect(() => parseOptions(args)).toThrow(args[0])
    },
  )
})

test('a repository made for listing is one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'respaldo-listed-'))
  await writeRepository(join(folder, 'repository'), 25)
  const { backups, damaged } = await readCatalog(filesystemStore({ root: join(folder, 'repository') }))
  expect([backups.length, damaged]).toEqual([25, []])
  await rm(folder, { recursive: true })
})
