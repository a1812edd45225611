import { lstat, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Bytes } from '../bytes.ts'
import { RespaldoError } from '../errors.ts'
import type { OpenedFile } from '../postgres/foreign.ts'
import { filesystemStore } from '../store/filesystem.ts'
import { StoreConflict } from '../store/store.ts'

/** A file of the user's that does not exist yet. */
export interface NewFile {
  path: string
  /** Its name without the folder. */
  name: string
  /** Whole or not at all, readable by its owner alone. Returns its bytes. `input-invalid` when somebody else made it meanwhile. */
  write(content: Bytes, signal: AbortSignal): Promise<number>
  /** Takes back what was written. */
  remove(): Promise<void>
}

/** A file that is there; `backup-not-found` when it is not. */
export async function openFile(path: string): Promise<OpenedFile> {
  const store = filesystemStore({ root: dirname(resolve(path)) })
  const name = basename(path)
  if (await store.stat(name)) return { name: path, open: signal => store.get(name, { signal }) }
  throw new RespaldoError('backup-not-found', `There is no file ${path}`, {
    hint: 'Check the path given with --file.',
  })
}

/** A file that is to be made: `path`, or `name` in it where that is a folder. `input-invalid` when it exists or its folder does not. */
export async function newFile(path = '.', name: string): Promise<NewFile> {
  const file = (await isFolder(path)) ? join(path, name) : path
  const folder = dirname(resolve(file))
  if (!(await isFolder(folder)))
    throw new RespaldoError('input-invalid', `There is no folder ${folder}`, { hint: 'Make it first.' })
  const store = filesystemStore({ root: folder })
  const key = basename(file)
  if (await lstat(file).catch(() => undefined)) throw taken(file)
  return {
    path: file,
    name: key,
    async write(content, signal) {
      try {
        return (await store.put(key, content, { overwrite: false, signal })).size
      } catch (error) {
        throw error instanceof StoreConflict ? taken(file) : elsewhere(error)
      }
    },
    remove: () => store.delete([key]),
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

const taken = (path: string): RespaldoError =>
  new RespaldoError('input-invalid', `${path} exists already`, {
    hint: 'Nothing is overwritten: name another file, or move that one away.',
  })

/** The store's advice is about a repository. */
function elsewhere(error: unknown): unknown {
  if (!(error instanceof RespaldoError) || error.code !== 'space-insufficient') return error
  return new RespaldoError(error.code, error.message, {
    cause: error,
    hint: 'Free some space, or write to another disk with --to.',
  })
}
