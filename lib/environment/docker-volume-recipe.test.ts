import { describe, expect, test } from 'vitest'
import { recipeOf, scratchVolume, volumeOptions } from './docker-volume-recipe.ts'

const recipe = (Options: Record<string, string> | null, Labels: Record<string, string> = {}) =>
  recipeOf({ Name: 'data', Driver: 'local', Options, Labels })

describe('a recipe', () => {
  test('makes the same volume again', () => {
    const options = { type: 'nfs', device: ':/srv', o: 'addr=10.0.0.1,rw' }
    const labels = { 'com.docker.compose.project': 'shop', 'respaldo.source': 'shop-data', kept: 'yes' }
    expect(volumeOptions('data', recipe(options, labels))).toEqual({
      Name: 'data',
      Driver: 'local',
      DriverOpts: options,
      Labels: labels,
    })
  })

  test('makes under another name a volume that is neither the source nor of the project', () => {
    const labels = { 'com.docker.compose.project': 'shop', 'respaldo.source': 'shop-data', kept: 'yes' }
    expect(volumeOptions('copy', recipe(null, labels)).Labels).toEqual({ kept: 'yes' })
  })

  test('that is empty makes an ordinary volume', () => {
    expect(volumeOptions('data', {})).toEqual({ Name: 'data', Driver: 'local', DriverOpts: {}, Labels: {} })
  })

  test.for([
    [{ o: 'username=ana,password=s3cret,rw' }, 'username=ana,password=***,rw'],
    [{ o: 'user=ana,pass=s3cret' }, 'user=ana,pass=***'],
    [{ device: 'https://ana:s3cret@host/dav' }, 'https://ana:***@host/dav'],
    [{ secret_access_key: 's3cret' }, '***'],
    [{ 's3-token': 's3cret' }, '***'],
  ])('has no secret of %j, and without it makes nothing', ([options, told]) => {
    const made = recipe(options as Record<string, string>)
    expect(Object.values(made.options as Record<string, string>)).toEqual([told])
    expect(() => volumeOptions('data', made)).toThrow(expect.objectContaining({ code: 'input-invalid' }))
  })

  test.for([{ driver: 7 }, { options: 'type=nfs' }, { labels: { a: 1 } }, { name: [] }, { options: null }])(
    'that is none is refused: %j',
    odd => {
      expect(() => volumeOptions('data', odd)).toThrow(expect.objectContaining({ code: 'data-corrupt' }))
    },
  )
})

test('a scratch volume is of the engine alone, and says whose it is', () => {
  expect(scratchVolume('x', { host: 'here', pid: 7, startedAt: 'boot/1' })).toEqual({
    Name: 'x',
    Driver: 'local',
    Labels: {
      'respaldo.source': 'false',
      'respaldo.scratch': 'volume',
      'respaldo.scratch.host': 'here',
      'respaldo.scratch.pid': '7',
      'respaldo.scratch.started': 'boot/1',
    },
  })
})
