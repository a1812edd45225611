import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collect, drain, once } from '../bytes.ts'
import { publishNew } from './filesystem/write.ts'
import { filesystemStore } from './filesystem.ts'
import { MissingObject, type Store, StoreConflict } from './store.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0
/** Root in a container often may not. */
const canMount = await run('unshare', ['--mount', 'true']).then(
  () => isRoot,
  () => false,
)

let folder: string
let root: string
let store: Store
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'respaldo-fs-'))
  root = join(folder, 'root')
  store = filesystemStore({ root })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const keys = (prefix = '', shallow = false) => Array.fromAsync(store.list(prefix, { shallow }))
const text = async (key: string) => (await collect(store.get(key))).toString()
const files = async (path = root) =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(path.length + 1))

describe('files', () => {
  test('files are 0600 and folders 0700, whatever the umask', async () => {
    const umask = process.umask(0)
    try {
      await store.put('a/b/c', once('x'))
      await store.put('a/b/d', once('x'), { overwrite: false })
    } finally {
      process.umask(umask)
    }
    const mode = async (key: string) => ((await stat(join(root, key))).mode & 0o777).toString(8)
    expect(await Promise.all(['a/b/c', 'a/b/d', 'a/b', 'a', '.'].map(mode))).toEqual([
      '600',
      '600',
      '700',
      '700',
      '700',
    ])
  })

  test('an object is an ordinary file where its key says', async () => {
    await store.put('sources/x/manifest.json', once('{}'))
    expect(await readFile(join(root, 'sources/x/manifest.json'), 'utf8')).toBe('{}')
    expect(await files()).toEqual(['sources/x/manifest.json'])
  })

  test('a relative root is that of the moment in which it was given', async () => {
    const before = process.cwd()
    process.chdir(folder)
    const relative = filesystemStore({ root: 'here' })
    process.chdir(before)
    await relative.put('a', once('x'))
    expect(await files(folder)).toEqual(['here/a'])
    expect(relative.name).toBe(`filesystem ${join(folder, 'here')}`)
  })

  test('reading makes nothing', async () => {
    expect(await keys()).toEqual([])
    expect(await store.stat('a')).toBeUndefined()
    await expect(drain(store.get('a'))).rejects.toThrow(MissingObject)
    await store.delete(['a', 'b/c'])
    expect(await store.sweep('b/')).toBe(0)
    expect(await store.freeBytes()).toBeGreaterThan(0)
    expect(await readdir(folder)).toEqual([])
  })

  test('a delete takes empty folders away, but not the root', async () => {
    await store.put('a/b/c', once('x'))
    await store.put('a/d', once('x'))
    await store.delete(['a/b/c'])
    expect(await readdir(join(root, 'a'))).toEqual(['d'])
    await store.delete(['a/d'])
    expect(await readdir(root)).toEqual([])
  })
})

describe('unfinished files', () => {
  test('content that throws leaves no file', async () => {
    async function* failing() {
      yield randomBytes(3_000_000)
      expect(await files()).toEqual([expect.stringMatching(/^a\/\.tmp-/)])
      throw new Error('no')
    }
    await expect(store.put('a/b', failing())).rejects.toThrow('no')
    expect(await files()).toEqual([])
  })

  test('a conflict leaves no file, nor does a place that is taken by a folder', async () => {
    await store.put('a/b', once('x'))
    await expect(store.put('a/b', once('y'), { overwrite: false })).rejects.toThrow(StoreConflict)
    await expect(store.put('a', once('y'))).rejects.toMatchObject({
      code: 'store-unavailable',
      hint: expect.stringContaining('folder'),
    })
    expect(await files()).toEqual(['a/b'])
  })

  test('of a process that was killed in the middle nothing is listed; sweeping removes it', async () => {
    const writer = new URL('../../tests/contract/slow-writer.ts', import.meta.url).pathname
    const child = execFile(process.execPath, [writer, root, 'sources/x/data'])
    const exited = new Promise(resolve => child.once('exit', (_, signal) => resolve(signal)))
    await new Promise(resolve => child.stdout?.once('data', resolve))
    const [left, ...others] = await files()
    expect(left).toMatch(/^sources\/x\/\.tmp-/)
    expect(others).toEqual([])
    child.kill('SIGKILL')
    expect(await exited).toBe('SIGKILL')

    expect(await keys()).toEqual([])
    expect(await store.stat('sources/x/data')).toBeUndefined()
    await store.put('sources/x/index', once('x'))
    expect(await store.sweep('sources/x/')).toBe(1)
    expect(await files()).toEqual(['sources/x/index'])
  })

  test('sweeping takes away a folder in which nothing else is', async () => {
    await mkdir(join(root, 'a/b/c'), { recursive: true })
    await writeFile(join(root, 'a/b/c/.tmp-1'), 'x')
    await store.put('a/d', once('x'))
    expect(await store.sweep('a/b/')).toBe(1)
    expect(await readdir(join(root, 'a'))).toEqual(['d'])
  })
})

describe('what is not as it should be', () => {
  test('a file that is cut while it is read', async () => {
    await store.put('large', once(randomBytes(4_000_000)))
    const reading = async () => {
      for await (const _ of store.get('large')) await truncate(join(root, 'large'), 1_100_000)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'data-corrupt', hint: expect.any(String) })
  })

  test('the root lies below a file, or is one, or a pipe', async () => {
    await writeFile(join(folder, 'file'), '')
    await run('mkfifo', [join(folder, 'pipe')])
    for (const odd of ['file/root', 'file', 'pipe']) {
      store = filesystemStore({ root: join(folder, odd) })
      const unavailable = { code: 'store-unavailable', hint: expect.stringContaining('--dir') }
      await expect(store.put('a', once('x'))).rejects.toMatchObject(unavailable)
      await expect(keys()).rejects.toMatchObject(unavailable)
      await expect(drain(store.get('a'))).rejects.toThrow(MissingObject)
      expect(await store.stat('a')).toBeUndefined()
    }
  })

  test('pipes, dangling links and names that are not UTF-8 are no objects, and nobody waits for them', async () => {
    await store.put('a', once('x'))
    await run('mkfifo', [join(root, 'pipe')])
    await symlink('nowhere', join(root, 'dangling'))
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]), '')
    expect(await keys()).toEqual(['a'])
    expect(await keys('', true)).toEqual(['a'])
    for (const key of ['pipe', 'dangling']) {
      await expect(drain(store.get(key))).rejects.toThrow(MissingObject)
      expect(await store.stat(key)).toBeUndefined()
    }
  })

  test('the root and folders may be symbolic links, which are never followed in circles', async () => {
    await mkdir(join(folder, 'disk/other'), { recursive: true })
    await symlink('disk', root)
    await store.put('sources/x/data', once('x'))
    await symlink('../other', join(root, 'sources/linked'))
    await symlink('.', join(root, 'sources/circle'))
    await symlink('x/data', join(root, 'sources/file'))
    await store.put('sources/linked/data', once('on the other disk'))
    await symlink('..', join(root, 'sources/linked/up'))
    expect(await keys('sources/linked/')).toEqual(expect.arrayContaining(['sources/linked/data']))
    expect(await keys('', true)).toEqual(['other/', 'sources/'])
    const all = await keys('sources/')
    expect(all).toEqual(expect.arrayContaining(['sources/file', 'sources/linked/data', 'sources/x/data']))
    expect(all.length).toBeLessThan(50)
    expect(await text('sources/linked/data')).toBe('on the other disk')
    expect(await readFile(join(folder, 'disk/other/data'), 'utf8')).toBe('on the other disk')
  })

  test('folders without rights: denied, and nothing is left', async () => {
    await store.put('a/b', once('x'))
    await run('chmod', ['-R', 'a-w', root])
    await asOrdinaryUser(async () => {
      const denied = { code: 'store-denied', hint: expect.stringContaining('right') }
      await expect(store.put('a/c', once('x'))).rejects.toMatchObject(denied)
      await expect(store.put('c/d', once('x'), { overwrite: false })).rejects.toMatchObject(denied)
      await expect(store.delete(['a/b'])).rejects.toMatchObject(denied)
    })
    await run('chmod', ['-R', '0', join(root, 'a')])
    await asOrdinaryUser(async () => {
      const denied = { code: 'store-denied', hint: expect.stringContaining('right') }
      await expect(drain(store.get('a/b'))).rejects.toMatchObject(denied)
      await expect(store.stat('a/b')).rejects.toMatchObject(denied)
      await expect(keys()).rejects.toMatchObject(denied)
    })
    await run('chmod', ['-R', 'u+rwX', root])
    expect(await files()).toEqual(['a/b'])
  })

  // Elsewhere the translation of these errors is tested in failure.test.ts alone.
  if (canMount)
    describe('a small disk', () => {
      beforeEach(async () => {
        await mkdir(root)
        await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', root])
      })
      afterEach(() => run('umount', [root]))

      test('it is full: nothing is left, the old object stays, and small ones still fit', async () => {
        await store.put('a/old', once('old'))
        const free = (await store.freeBytes()) ?? 0
        expect(free).toBeGreaterThan(3_000_000)
        expect(free).toBeLessThanOrEqual(4 * 1024 * 1024)
        for (const key of ['a/old', 'a/new', 'b/new'])
          await expect(store.put(key, once(Buffer.alloc(6_000_000)))).rejects.toMatchObject({
            code: 'space-insufficient',
            hint: expect.any(String),
          })
        expect(await files()).toEqual(['a/old'])
        expect(await text('a/old')).toBe('old')
        await store.put('a/new', once(Buffer.alloc(1_000_000)))
      })

      test('it is mounted read-only', async () => {
        await store.put('a', once('x'))
        await run('mount', ['-o', 'remount,ro', root])
        const denied = { code: 'store-denied', hint: expect.stringContaining('read-only') }
        await expect(store.put('a', once('y'))).rejects.toMatchObject(denied)
        await expect(store.put('b/c', once('y'))).rejects.toMatchObject(denied)
        await expect(store.delete(['a'])).rejects.toMatchObject(denied)
        expect(await text('a')).toBe('x')
      })
    })
})

describe('filesystems without hard links', () => {
  const links = { link: () => Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })) }
  const publish = async (number: number) => {
    const temporary = join(root, `.tmp-${number}`)
    await writeFile(temporary, `writer ${number}`)
    await publishNew(temporary, join(root, 'a'), 'a', links)
  }

  test('of twenty at once exactly one wins', async () => {
    await mkdir(root)
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, number) => publish(number)))
    const winners = results.flatMap(({ status }, number) => (status === 'fulfilled' ? [number] : []))
    expect(winners).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreConflict)
    expect(await text('a')).toBe(`writer ${winners[0]}`)
  })

  test('a link that was made and whose answer was lost is no conflict', async () => {
    await mkdir(root)
    await writeFile(join(root, '.tmp-1'), 'mine')
    const repeated = async (from: string, to: string) => {
      await link(from, to)
      await link(from, to)
    }
    await publishNew(join(root, '.tmp-1'), join(root, 'a'), 'a', { link: repeated as typeof link })
    expect(await files()).toEqual(['a'])
  })
})

/** As root every right is granted: such tests become somebody else for a while. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (!isRoot) return work()
  // The folder above belongs to root and lets nobody through.
  await run('chmod', ['711', folder])
  process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}
