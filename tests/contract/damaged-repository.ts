import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** One of the changes that the vectors' README.md lists. */
export interface Change {
  remove?: true
  keep?: number
  flip?: number
  set?: [at: number, value: number]
  replace?: [from: string, to: string]
  content?: string
  append?: string
  copy?: string
  appendCopy?: string
  rotate?: number
}

/** A line of `damages.json`. */
export interface Damage {
  name: string
  file: string
  change: Change
  /** Sums that cover the file are made right again. */
  sealed?: true
  fails: readonly Step[]
  code: string
  words: string
}

/** What is done with a repository, in this order: what comes after a failed `open` or `find` cannot be done. */
export type Step = 'open' | 'find' | 'raw' | 'zstd' | 'tables' | 'globals'

/** Damages the repository below `root`; `place` puts the folders of the two backups into a file's name. */
export function inflict(root: string, damage: Damage, place: (file: string) => string): void {
  const path = join(root, place(damage.file))
  if (damage.change.remove) {
    rmSync(path)
    return
  }
  const before = readFileSync(path)
  const after = changed(before, damage.change, file => readFileSync(join(root, place(file))))
  if (after.equals(before)) throw new Error(`${damage.name} changes nothing`)
  writeFileSync(path, after)
  if (damage.sealed) seal(path)
}

function changed(bytes: Buffer, change: Change, read: (file: string) => Buffer): Buffer {
  const { keep, flip, set, replace, content, append, copy, appendCopy, rotate } = change
  if (keep !== undefined) return bytes.subarray(0, keep)
  if (flip !== undefined) return withByte(bytes, flip, bytes.at(flip)! ^ 1)
  if (set) return withByte(bytes, ...set)
  if (replace) return Buffer.from(bytes.toString().replace(...replace))
  if (content !== undefined) return Buffer.from(content)
  if (append !== undefined) return Buffer.concat([bytes, Buffer.from(append)])
  if (copy !== undefined) return read(copy)
  if (appendCopy !== undefined) return Buffer.concat([bytes, read(appendCopy)])
  if (rotate !== undefined) return Buffer.concat([bytes.subarray(rotate), bytes.subarray(0, rotate)])
  throw new Error(`an unknown change ${JSON.stringify(change)}`)
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at < 0 ? copy.length + at : at] = value
  return copy
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()

/** Makes the index's own sum right, that of the manifest for it, and the manifest's own. */
function seal(path: string): void {
  const manifest = join(dirname(path), 'manifest.json')
  if (basename(path) === 'index') {
    const body = readFileSync(path).subarray(0, -32)
    const whole = Buffer.concat([body, sha256(body)])
    writeFileSync(path, whole)
    const named = /("name": "index",\s+"bytes": )\d+(,\s+"sha256": ")\w+/
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace(named, `$1${whole.length}$2${sha256(whole).toString('hex')}`))
  }
  const text = readFileSync(manifest, 'utf8')
  const body = text.slice(0, text.lastIndexOf(' "sha256"'))
  writeFileSync(manifest, `${body} "sha256": "${sha256(Buffer.from(body)).toString('hex')}"\n}\n`)
}
