import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { cutAt } from '../../tests/doubles/archive-walk.ts'
import { goldenTar, type ReadEntry, readTar, tarRefusal } from '../../tests/doubles/tar-read.ts'
import { type MadeEntry, writeTar } from '../../tests/doubles/tar-writer.ts'
import { type Bytes, collect } from '../bytes.ts'
import { hashing } from './content-hash.ts'
import { isCutTar } from './tar-errors.ts'
import { tarReader } from './tar-reader.ts'

const golden = ['gnu-pax', 'gnu-gnu', 'gnu-ustar', 'gnu-v7', 'engine-20.10']

/** As GNU tar lists it, with one blank between columns and whole seconds. */
function listed(entry: ReadEntry): string {
  const { kind, uid, gid, size, deviceMajor, deviceMinor } = entry
  const amount = kind.endsWith('device') ? `${deviceMajor},${deviceMinor}` : size
  const time = new Date(entry.mtime * 1000).toISOString().slice(0, 19).replace('T', ' ')
  const slash = kind === 'folder' ? '/' : ''
  const link = { symlink: ' -> ', 'hard link': ' link to ' }[kind as string]
  const name = `${escaped(entry.path)}${slash}${link ? link + escaped(entry.link) : ''}`
  return `${modeOf(entry)} ${uid}/${gid} ${amount} ${time} ${name}`
}

function modeOf({ kind, mode }: ReadEntry): string {
  const bits = [...'rwxrwxrwx'].map((letter, bit) => (mode & (0o400 >> bit) ? letter : '-'))
  const special = (bit: number, at: number, letter: string) => {
    if (mode & bit) bits[at] = bits[at] === 'x' ? letter : letter.toUpperCase()
  }
  special(0o4000, 2, 's')
  special(0o2000, 5, 's')
  special(0o1000, 8, 't')
  const first = { folder: 'd', symlink: 'l', 'hard link': 'h', fifo: 'p', file: '-' }[kind as string]
  return (first ?? kind[0]) + bits.join('')
}

const escaped = (path: string): string =>
  path
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replace(/[^\x20-\x7e]/g, byte => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`)

const listOf = (name: string): string[] =>
  goldenTar(`${name}.list`)
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => line.replace(/^(\S+) +(\S+) +(\S+) +(\S+) +(\S{8})\S* +/, '$1 $2 $3 $4 $5 '))

describe.each(golden)('the tar %s', name => {
  test('holds what GNU tar says', () => {
    const entries = readTar(goldenTar(`${name}.tar`))
    expect(entries.map(listed)).toEqual(listOf(name))
    const content = entries.find(({ path }) => path === 'volume/odd-length')!
    expect(content.sha256).toBe(hash('sha256', 'x'.repeat(1500)))
    expect(entries.find(({ path }) => path === 'volume/empty')!.sha256).toBe(hash('sha256', ''))
  })

  test('is the same however it is cut, and whoever has the memory afterwards', () => {
    const tar = goldenTar(`${name}.tar`)
    const whole = readTar(tar)
    for (const size of [1, 511, 512, 513])
      expect(
        readTar(
          tar,
          Array.from({ length: tar.length / size }, (_, index) => index * size),
        ),
      ).toEqual(whole)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), places => {
        expect(readTar(tar, places)).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  test('is not whole wherever it is cut off', () => {
    const tar = goldenTar(`${name}.tar`)
    const end = tar.findLastIndex(byte => byte !== 0)
    const needed = Math.ceil((end + 1) / 512) * 512 + 1024
    for (let at = 0; at < needed; at += at % 512 === 1 ? 510 : 1) {
      const error = tarRefusal(tar.subarray(0, at))
      expect(error).toMatchObject({ code: 'data-corrupt', context: { offset: at } })
      expect(isCutTar(error)).toBe(true)
    }
    expect(readTar(tar.subarray(0, needed))).toEqual(readTar(tar))
  })
})

test('capabilities are seen where a format has them', () => {
  for (const name of ['gnu-pax', 'engine-20.10']) {
    const capable = readTar(goldenTar(`${name}.tar`)).find(({ path }) => path === 'volume/capable')!
    expect([...capable.xattrs.keys()]).toEqual(['security.capability'])
  }
})

describe('the end', () => {
  const tar = writeTar([{ path: 'volume/' }, { path: 'volume/a', content: 'x'.repeat(600) }], 0)
  const ended = (...more: Uint8Array[]) => Buffer.concat([tar, ...more])
  const zeros = (bytes: number) => Buffer.alloc(bytes)

  test('is two blocks of zeros, and any zeros behind', () => {
    for (const bytes of [1024, 1025, 1536, 10_240, 100_000])
      expect(readTar(ended(zeros(bytes)))).toHaveLength(2)
  })

  test('is missing where a file became shorter while it was read, and then says so', () => {
    const error = tarRefusal(tar.subarray(0, 1200))
    expect(error.message).toBe('The tar ends at byte 1200 within "volume/a" and not as a tar ends')
    expect(error.hint).toContain('became shorter while it was read')
    expect(tarRefusal(ended()).message).toContain('after "volume/a"')
    expect(tarRefusal(ended(zeros(1023))).message).toContain('after "volume/a"')
    expect(tarRefusal(zeros(0)).message).toContain('before its first entry')
  })

  test('is not followed by anything', () => {
    for (const rest of [Buffer.from('x'), tar]) {
      const error = tarRefusal(ended(zeros(1024), rest, zeros(1024)))
      expect(error).toMatchObject({ code: 'data-corrupt' })
      expect(isCutTar(error)).toBe(false)
    }
    expect(tarRefusal(ended(zeros(512), tar)).message).toContain('behind a block of zeros')
  })
})

test('a file is as long as it is, whatever the number', () => {
  const size = 9 * 2 ** 30
  const field = `\x80\0\0\0${Buffer.from(size.toString(16).padStart(16, '0'), 'hex').toString('latin1')}`
  for (const entry of [{ raw: { 124: field } }, { pax: { size: `${size}` } }]) {
    let seen = 0
    let closed = 0
    const reader = tarReader({
      entry() {},
      body(_, content) {
        seen += content
      },
      closed() {
        closed += 1
      },
      trailer() {},
    })
    reader.write(writeTar([{ path: 'volume/a', ...entry }], 0))
    const piece = Buffer.alloc(2 ** 26, 'x')
    for (let left = size; left > 0; left -= piece.length) reader.write(piece)
    expect(closed).toBe(1)
    reader.write(writeTar([{ path: 'volume/b', content: 'x' }]))
    reader.end()
    expect([seen, closed]).toEqual([size + 1, 2])
  }
})

const segment = fc.stringMatching(/^[a-z]{1,40}$/)
const made: fc.Arbitrary<MadeEntry> = fc.record({
  path: fc.array(segment, { minLength: 1, maxLength: 6 }).map(parts => parts.join('/').slice(0, 99)),
  content: fc.nat(3000).map(length => 'x'.repeat(length)),
  mode: fc.nat(0o7777),
  uid: fc.nat(0o7777777),
  gid: fc.nat(0o7777777),
  mtime: fc.nat(),
  magic: fc.constantFrom('posix', 'gnu'),
})

test('anything is read as tar-stream reads it, where that can', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(made, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      async (list, places) => {
        const tar = writeTar(list)
        const others: object[] = []
        for await (const file of Readable.from([tar], { objectMode: false }).pipe(extract())) {
          const { name, mode, uid, gid, size, mtime } = file.header
          const sha256 = hash('sha256', await collect(file as Bytes))
          others.push({ path: name, mode, uid, gid, size, mtime: mtime!.getTime() / 1000, sha256 })
        }
        const own = readTar(tar, places).map(({ path, mode, uid, gid, size, mtime, sha256 }) => ({
          path,
          mode,
          uid,
          gid,
          size,
          mtime,
          sha256,
        }))
        expect(own).toEqual(others)
      },
    ),
  )
})

test('all bytes of a tar are told, in their order', () => {
  const tar = goldenTar('gnu-pax.tar')
  const parts: Uint8Array[] = []
  const keep = (bytes: Uint8Array) => void parts.push(Uint8Array.from(bytes))
  const reader = tarReader({ entry: (_, head) => keep(head), body: keep, closed() {}, trailer: keep })
  for (const piece of cutAt(tar, [700, 5000, 20_000])) reader.write(piece)
  reader.end()
  expect(Buffer.concat(parts).equals(tar)).toBe(true)
})

test('content is hashed in one piece as in many', () => {
  const content = Buffer.alloc(100_000, 'abc')
  const tar = writeTar([{ path: 'volume/a', content }])
  const hashes = new Set<string>()
  for (const places of [[], [600], [600, 70_000], [100_500], [100_512, 100_600]])
    for (const { sha256 } of readTar(tar, places)) hashes.add(sha256)
  expect([...hashes]).toEqual([hash('sha256', content)])
  const visited: string[] = []
  const reader = tarReader(hashing((_, sha256) => visited.push(sha256)))
  reader.write(writeTar([{ path: 'volume/' }, { path: 'volume/l', type: '2', link: 'x' }]))
  reader.end()
  expect(visited).toEqual(['', ''])
})
