import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header, pack } from 'tar-stream'
import { type Bytes, collect } from '#lib/bytes'
import type { Maker } from '#lib/environment/environment'
import { RespaldoError } from '#lib/errors'
import type { LocatedVolumes, Services } from '#lib/services'
import type {
  Volume,
  VolumeRecipe,
  VolumeSource,
  Volumes,
  VolumeTarget,
  VolumeUser,
  Workloads,
} from '#lib/volumes/volume'

/** What is in a volume by its name, without `volume/`; the root itself is ''. */
export type StillEntry = Partial<Omit<Header, 'name'>> & { content?: Buffer }

/** Volumes of an engine in memory, which change only when a test says so. Their tars are real. */
export interface StillVolumes extends Pick<Services, 'volumes' | 'volumeEnvironments' | 'workloads'> {
  readonly all: Volumes
  /** Makes or replaces an entry, and the volume when there is none of this name. */
  put(volume: string, path: string, entry: StillEntry | string): void
  delete(volume: string, path: string): void
  /** What is in it, by path in the tar's order. */
  entries(volume: string): ReadonlyMap<string, StillEntry>
  use(volume: string, users: readonly VolumeUser[]): void
  /** Its next so many reads end as the engine's do when a file becomes shorter meanwhile: cleanly, with all after it missing. */
  cut(volume: string, reads: number): void
  /** Names of the volumes that there are, scratch ones too. */
  names(): string[]
  /** Called before each change that somebody makes by `all`, such as `copy into app`; may throw. */
  before(change: string): Promise<void>
}

interface Kept {
  entries: Map<string, StillEntry>
  recipe: VolumeRecipe
  users: readonly VolumeUser[]
  cuts: number
  madeBy: string | undefined
  scratch: Maker | undefined
}

const environment = 'docker' as const

/** An engine that has no volume yet. */
export function stillVolumes(workloads: Workloads = nobody): StillVolumes {
  const kept = new Map<string, Kept>()
  const found = (name: string): Kept => {
    const volume = kept.get(name)
    if (!volume) throw new RespaldoError('source-not-found', `There is no volume ${name}`)
    return volume
  }
  const source = (volume: string): VolumeSource => ({
    id: `volume.${volume}`,
    kind: 'volume',
    place: { environment, volume },
    reason: 'a test',
  })
  const sources = () =>
    [...kept]
      .filter(([, { scratch }]) => !scratch)
      .map(([name]) => source(name))
      .sort((a, b) => (a.id < b.id ? -1 : 1))

  function volume(name: string): Volume {
    return {
      async inspect() {
        const { users, recipe, madeBy } = found(name)
        return { users, recipe, madeBy, usedBytes: undefined }
      },
      async *read() {
        const { entries, cuts } = found(name)
        const tar = await tarOf(entries)
        if (cuts > 0) found(name).cuts -= 1
        yield cuts > 0 ? tar.subarray(0, tar.length - 1024 - 512) : tar
      },
      async write(tar) {
        for (const [path, entry] of await entriesOf(tar)) {
          await still.before(`write ${path} into ${name}`)
          found(name).entries.set(path, entry)
        }
      },
      async replaceWith(staged) {
        const { entries } = found(staged.volume)
        await still.before(`clear ${name}`)
        found(name).entries = new Map([['', {}]])
        await still.before(`copy into ${name}`)
        found(name).entries = new Map(entries)
      },
      isReplaceable: async () => true,
      freeBytes: async () => undefined,
      async remove() {
        found(name)
        await still.before(`remove ${name}`)
        kept.delete(name)
      },
    }
  }

  function make(
    name: string,
    recipe: VolumeRecipe,
    { madeBy, scratch }: { madeBy?: string | undefined; scratch?: Maker | undefined } = {},
  ): void {
    kept.set(name, { entries: new Map([['', {}]]), recipe, users: [], cuts: 0, madeBy, scratch })
  }

  const all: Volumes = {
    lost: 'times below a second',
    async *sources() {
      yield* sources()
    },
    async find(target) {
      const chosen = chosenOf(target, sources(), name => found(name).users)
      if (chosen.length > 0) return chosen
      throw new RespaldoError('source-not-found', 'There is no such volume', {
        hint: `There are: ${[...kept.keys()].join(', ')}.`,
      })
    },
    volume: place => volume(place.volume),
    sourceOf: source,
    async make(name, recipe, { scratch, run }) {
      if (kept.has(name)) throw new RespaldoError('input-invalid', `There is a volume ${name} already`)
      await still.before(`make ${name}`)
      make(name, recipe, { madeBy: run, scratch })
      return { environment, volume: name }
    },
    async sweep(isAlive) {
      for (const [name, { scratch }] of kept)
        if (scratch && isAlive(scratch) === false) await volume(name).remove()
    },
    workloads,
  }
  const located: LocatedVolumes = { environment, volumes: all, reason: 'a test' }

  const still: StillVolumes = {
    all,
    before: async () => {},
    volumes: async () => located,
    volumeEnvironments: () => [located],
    workloads: () => ({ place: { environment }, workloads }),
    put(name, path, entry) {
      if (!kept.has(name)) make(name, { driver: 'local' })
      const { entries } = found(name)
      entries.set(path, typeof entry === 'string' ? { content: Buffer.from(entry) } : entry)
    },
    delete: (name, path) => void found(name).entries.delete(path),
    entries: name => found(name).entries,
    use: (name, users) => void Object.assign(found(name), { users }),
    cut: (name, cuts) => void Object.assign(found(name), { cuts }),
    names: () => [...kept.keys()],
  }
  return still
}

function chosenOf(
  { volumes, container, project }: VolumeTarget,
  sources: readonly VolumeSource[],
  usersOf: (volume: string) => readonly VolumeUser[],
): VolumeSource[] {
  const isMeant = ({ id, place }: VolumeSource) =>
    volumes?.some(name => name === id || name === place.volume) ||
    usersOf(place.volume).some(({ name }) => name === container) ||
    (project !== undefined && place.volume.startsWith(`${project}_`))
  if (!volumes && container === undefined && project === undefined) return [...sources]
  return sources.filter(isMeant)
}

async function tarOf(entries: ReadonlyMap<string, StillEntry>): Promise<Buffer> {
  const tar = pack()
  for (const [path, { content, ...header }] of entries) {
    const isFolder = path === '' || header.type === 'directory'
    const name = path === '' ? 'volume/' : `volume/${path}${isFolder ? '/' : ''}`
    const type = isFolder ? 'directory' : (header.type ?? 'file')
    tar.entry({ mtime: new Date(0), mode: isFolder ? 0o755 : 0o644, ...header, name, type }, content ?? '')
  }
  tar.finalize()
  return collect(tar as Bytes)
}

async function entriesOf(tar: Bytes): Promise<Map<string, StillEntry>> {
  const entries = new Map<string, StillEntry>()
  const reader = extract()
  const read = async () => {
    for await (const entry of reader) {
      const { name, type, mode, uid, gid, mtime, linkname } = entry.header
      const content = await collect(entry as Bytes)
      const header = { type, mode, uid, gid, mtime, ...(linkname ? { linkname } : {}) } as StillEntry
      const path = name.replace(/^volume\/?/, '').replace(/\/$/, '')
      entries.set(path, content.length > 0 ? { ...header, content } : header)
    }
  }
  await Promise.all([pipeline(Readable.from(tar), reader), read()])
  return entries
}

const nobody: Workloads = {
  usersOf: async () => [],
  clientsOf: async () => [],
  ofProject: async () => [],
  look: async () => undefined,
  remember: async (workload, rest) => ({ workload, rest }),
  halt: async () => {},
  resume: async () => {},
  run: async () => {},
}
