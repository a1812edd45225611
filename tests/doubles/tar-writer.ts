/** An entry to be written, right or wrong. Strings have one character a byte, except that `content` is UTF-8. */
export interface MadeEntry {
  path: string
  /** The header's mark; a slash at the end of the path means a folder. */
  type?: string
  content?: string | Uint8Array
  link?: string
  mode?: number
  uid?: number
  gid?: number
  mtime?: number
  device?: readonly [number, number]
  /** Records of an extended header in front of it. */
  pax?: Readonly<Record<string, string>>
  magic?: 'posix' | 'gnu' | 'v7'
  /** Fields that are written last, as they are, by their place. */
  raw?: Readonly<Record<number, string>>
}

const magics = { posix: 'ustar\x0000', gnu: 'ustar  \0', v7: '' }

/** A tar of these entries as POSIX has it; names that are too long are cut, but for an extended header. */
export function writeTar(entries: readonly MadeEntry[], end = 1024): Buffer {
  return Buffer.concat([...entries.flatMap(writeEntry), Buffer.alloc(end)])
}

/** The blocks of one entry. */
export function writeEntry(entry: MadeEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '')
  const type = entry.type ?? (entry.path.endsWith('/') ? '5' : '0')
  return [...extended(entry.pax ?? {}), header({ ...entry, type }, content.length), padded(content)]
}

/** An extended header of GNU's: `L` for the name, `K` for the link of what follows. */
export const gnuLong = (type: 'L' | 'K', text: string): Buffer[] =>
  writeEntry({ path: '././@LongLink', type, content: Buffer.from(`${text}\0`, 'latin1'), magic: 'gnu' })

/** The records of an extended header. */
export function paxText(records: Readonly<Record<string, string>>): string {
  return Object.entries(records).map(paxRecord).join('')
}

function extended(records: Readonly<Record<string, string>>): Buffer[] {
  const content = Buffer.from(paxText(records), 'latin1')
  return content.length > 0 ? writeEntry({ path: 'PaxHeaders/x', type: 'x', content }) : []
}

function paxRecord([key, value]: [string, string]): string {
  const rest = ` ${key}=${value}\n`
  const guess = rest.length + `${rest.length}`.length
  const length = rest.length + `${guess}`.length
  return `${length}${rest}`
}

function header(entry: MadeEntry, size: number): Buffer {
  const block = Buffer.alloc(512)
  const put = (at: number, text: string) => block.write(text, at, 'latin1')
  const octal = (at: number, bytes: number, value: number) =>
    put(at, value.toString(8).padStart(bytes - 1, '0'))
  put(0, entry.path.slice(0, 100))
  octal(100, 8, entry.mode ?? 0o644)
  octal(108, 8, entry.uid ?? 0)
  octal(116, 8, entry.gid ?? 0)
  octal(124, 12, size)
  octal(136, 12, entry.mtime ?? 1_700_000_000)
  put(156, entry.type ?? '0')
  put(157, (entry.link ?? '').slice(0, 100))
  put(257, magics[entry.magic ?? 'posix'])
  const [major, minor] = entry.device ?? [0, 0]
  octal(329, 8, major)
  octal(337, 8, minor)
  for (const [at, text] of Object.entries(entry.raw ?? {})) put(Number(at), text)
  return sealed(block)
}

/** With the right checksum, unless a wrong one was asked for. */
function sealed(block: Buffer): Buffer {
  if (block[148] !== 0) return block
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
