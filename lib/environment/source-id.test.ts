import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Place, VolumePlace } from './environment.ts'
import { checkedSourceName, isSourceName, sourceId, volumeSourceId } from './source-id.ts'

describe('a derived id', () => {
  const cases: [Place, string][] = [
    [{ environment: 'docker', container: 'pc_db', database: 'pc_db' }, 'pc_db'],
    [{ environment: 'docker', container: 'pc_db', database: 'shop' }, 'pc_db.shop'],
    [{ environment: 'docker', container: 'my-app-db-1', database: 'shop' }, 'my-app-db-1.shop'],
    [
      { environment: 'kubernetes', namespace: 'prod', pod: 'db-0', database: 'shop' },
      'kubernetes.prod.db-0.shop',
    ],
    [
      { environment: 'kubernetes', context: 'staging', namespace: 'prod', pod: 'db-0', database: 'shop' },
      'kubernetes.prod.db-0.shop.staging~',
    ],
    [
      { environment: 'kubernetes', namespace: 'prod', pod: 'db-0', container: 'pg', database: 'shop' },
      'kubernetes.prod.db-0.pg.shop~',
    ],
    [
      { environment: 'direct', host: 'db.example.com', port: 5432, database: 'shop' },
      'direct.db.example.com.shop',
    ],
    [
      { environment: 'direct', host: 'db.example.com', port: 5433, database: 'shop' },
      'direct.db.example.com.5433.shop',
    ],
    [{ environment: 'direct', host: '10.0.0.5', port: 5432, database: 'shop' }, 'direct.10.0.0.5.5432.shop'],
    [{ environment: 'docker', container: 'pc_db', database: 'Shop' }, 'docker.pc_db.shop~64e71f368a1fcfd0'],
    [{ environment: 'docker', container: 'a.b', database: 'shop' }, 'docker.a.b.shop~'],
    [
      { environment: 'docker', host: 'build', container: 'pc_db', database: 'pc_db' },
      'docker.pc_db.build.pc_db~',
    ],
    [
      { environment: 'direct', host: '/var/run/postgresql', database: 'shop' },
      'direct.var-run-postgresql.5432.shop~',
    ],
    [{ environment: 'docker', container: 'direct', database: 'shop' }, 'docker.direct.shop~'],
    [{ environment: 'docker', container: 'volume', database: 'shop' }, 'docker.volume.shop~'],
    [{ environment: 'docker', container: 'volume', database: 'volume' }, 'volume'],
    [{ environment: 'docker', container: 'con', database: 'con' }, 'docker.con.con~'],
    [{ environment: 'embedded', folder: '/srv/data', database: 'postgres' }, 'embedded.postgres~'],
    [{ environment: 'docker', container: 'db', database: 'ñandú' }, 'docker.db.and~'],
  ]
  test.for(cases)('%j is %s', ([place, expected]) => {
    const id = sourceId(place)
    if (expected.endsWith('~'))
      expect(id).toMatch(new RegExp(`^${expected.replaceAll('.', '\\.')}[0-9a-f]{16}$`))
    else expect(id).toBe(expected)
  })

  const volumes: [VolumePlace, string][] = [
    [{ environment: 'docker', volume: 'pc_data' }, 'volume.pc_data'],
    [{ environment: 'kubernetes', namespace: 'prod', volume: 'data-db-0' }, 'volume.prod.data-db-0'],
    [{ environment: 'docker', volume: 'Data' }, 'volume.docker.data~'],
    [{ environment: 'docker', volume: 'shop.data' }, 'volume.docker.shop.data~'],
    [{ environment: 'docker', volume: 'pc_data', host: 'build' }, 'volume.docker.build.pc_data~'],
    [{ environment: 'kubernetes', namespace: 'prod', volume: 'data.v2' }, 'volume.kubernetes.prod.data.v2~'],
    [{ environment: 'docker', volume: 'a'.repeat(150) }, `volume.docker.${'a'.repeat(136)}~`],
  ]
  test.for(volumes)('of a volume: %j is %s', ([place, expected]) => {
    const id = volumeSourceId(place)
    if (expected.endsWith('~'))
      expect(id).toMatch(new RegExp(`^${expected.replaceAll('.', '\\.')}[0-9a-f]{16}$`))
    else expect(id).toBe(expected)
  })

  test('does not depend on the order of the keys or on keys without a value', () => {
    const place = { environment: 'docker', container: 'X', database: 'y' } as const
    const other = { database: 'y', container: 'X', environment: 'docker', pod: undefined } as unknown as Place
    expect(sourceId(other)).toBe(sourceId(place))
  })

  // Few characters, so that places come close to each other: the separators, a capital, a digit, and the words of the forms.
  const part = fc.oneof(
    fc.string({
      unit: fc.constantFrom('a', 'A', '1', '.', '-', '_', '~', '/', 'ñ'),
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom(
      'docker',
      'direct',
      'kubernetes',
      'embedded',
      'volume',
      '5432',
      'a.5432',
      'a'.repeat(300),
    ),
  )
  const maybe = fc.option(part, { nil: undefined })
  const place = fc.record({
    environment: fc.constantFrom('docker', 'kubernetes', 'direct', 'embedded'),
    container: maybe,
    namespace: maybe,
    pod: maybe,
    context: maybe,
    host: maybe,
    port: fc.option(fc.constantFrom(1, 5432, 5433), { nil: undefined }),
    folder: maybe,
    database: part,
  }) as fc.Arbitrary<Place>
  const docker = fc.record({ environment: fc.constant('docker' as const), container: part, database: part })
  const direct = fc.record({
    environment: fc.constant('direct' as const),
    host: part,
    port: fc.constantFrom(1, 5432),
    database: part,
  })

  const volume = fc.record({
    environment: fc.constantFrom('docker', 'kubernetes'),
    volume: part,
    namespace: maybe,
    host: maybe,
  }) as fc.Arbitrary<VolumePlace>
  const claim = fc.record({ environment: fc.constant('kubernetes' as const), volume: part, namespace: part })
  const idOf = (one: Place | VolumePlace) => ('volume' in one ? volumeSourceId(one) : sourceId(one))

  test('is never that of another place, whatever the case', () => {
    const canonical = (one: Place | VolumePlace) =>
      JSON.stringify(
        Object.entries(one)
          .filter(([, value]) => value !== undefined)
          .sort(),
      )
    const any = fc.oneof(place, docker, direct, volume, claim)
    fc.assert(
      fc.property(fc.array(any, { minLength: 2, maxLength: 60 }), places => {
        const different = new Map(places.map(one => [canonical(normal(one)), one]))
        const ids = new Set([...different.values()].map(one => idOf(one).toLowerCase()))
        expect(ids.size).toBe(different.size)
      }),
      { numRuns: 1500 },
    )
  })

  test('is always a name that a folder can have', () => {
    fc.assert(fc.property(fc.oneof(place, docker, direct, volume, claim), one => isSourceName(idOf(one))))
  })

  /** A server's port that is not named is 5432. */
  function normal(one: Place | VolumePlace): Place | VolumePlace {
    return one.environment === 'direct' && !('volume' in one) ? { ...one, port: one.port ?? 5432 } : one
  }
})

describe('a given id', () => {
  const place: Place = { environment: 'docker', container: 'c', database: 'd' }

  test('is the label, else the configured name', () => {
    expect(sourceId(place, 'from-label', 'from-config')).toBe('from-label')
    expect(sourceId(place, undefined, 'from-config')).toBe('from-config')
    expect(sourceId(place, '', undefined)).toBe('c.d')
  })

  test.for([
    '../x',
    'a/b',
    'a\\b',
    '.hidden',
    '-flag',
    'tab\t',
    'nul',
    'NUL.txt',
    'end.',
    'x'.repeat(201),
    'a:b',
    ' x',
  ])('%j is refused', name => {
    expect(() => checkedSourceName(name)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })

  test.for(['pc_db', 'Tienda', 'año 2025', 'a.b~c', 'x'.repeat(200)])('%j is taken', name => {
    expect(checkedSourceName(name)).toBe(name)
  })
})
