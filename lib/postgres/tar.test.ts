import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Bytes, collect, once } from '../bytes.ts'
import { foreignInput } from './foreign.ts'
import { fileOfTar, measured, tarGz } from './tar.ts'

const time = new Date('2025-04-08T16:00:00Z')
const options = { level: 6, time }

const whole = (content: string) =>
  `--\n-- PostgreSQL database dump\n--\n\n${content}\n--\n-- PostgreSQL database dump complete\n--\n\n`
const schema = whole('CREATE TABLE public.t (a integer);\n')
const data = whole(
  '--\n-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: postgres\n--\n\nCOPY public.t (a) FROM stdin;\n1\n2\n\\.\n',
)

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const all = Object.entries(files).map(([name, text]) => measured({ name, open: () => once(text) }))
  return collect(tarGz(await Promise.all(all), options))
}

const opened = (bytes: Uint8Array) => ({ name: 'x.tar.gz', open: () => pieces(bytes) })

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
}

test('files come back out of a tar, empty and long ones too', async () => {
  const files = { 'a.sql': '', 'b.sql': 'x'.repeat(1_000_000), 'c.json': '{}\n' }
  const tar = gunzipSync(await tarOf(files))
  for (const [name, text] of Object.entries(files))
    expect((await collect(fileOfTar(pieces(tar), name))).toString()).toBe(text)
  await expect(collect(fileOfTar(pieces(tar), 'd'))).rejects.toMatchObject({ code: 'data-corrupt' })
})

test('a content is read again, not kept, and fails when it is another one then', async () => {
  let opens = 0
  const changing = { name: 'a.sql', open: () => once('x'.repeat(++opens)) }
  const first = await measured(changing)
  expect(first.bytes).toBe(1)
  await expect(collect(tarGz([first], options))).rejects.toMatchObject({ code: 'command-failed' })
  const shorter = { ...first, bytes: 5 }
  await expect(collect(tarGz([shorter], options))).rejects.toMatchObject({ code: 'command-failed' })
  expect(opens).toBe(3)
})

test('the error of a content is that of the tar, and who stops reading ends the content', async () => {
  const broken = async function* (): Bytes {
    yield Buffer.from('a')
    throw new Error('it broke')
  }
  const file = { name: 'a', bytes: 10, open: broken }
  await expect(collect(tarGz([file], options))).rejects.toThrow('it broke')

  const ended = Promise.withResolvers<void>()
  const endless = async function* (): Bytes {
    try {
      for (;;) yield Buffer.alloc(100_000, Math.random().toString())
    } finally {
      ended.resolve()
    }
  }
  for await (const _ of tarGz([{ name: 'a', bytes: 1e12, open: endless }], options)) break
  await ended.promise
})

test('a tar of scripts is restored, definitions first, whatever folder and order they have', async () => {
  const input = await foreignInput(opened(await tarOf({ 'x/data.sql': data, 'x/schema.sql': schema })))
  expect(input).toMatchObject({
    format: 'plain',
    rawBytes: schema.length + data.length,
    tables: [{ schema: 'public', name: 't', rows: 2 }],
  })
  expect((await collect(input.open())).toString()).toBe(schema + data)
})

test('a tar that is cut or lacks a script is refused before anything is touched', async () => {
  const corrupt = { code: 'data-corrupt' }
  const tar = await tarOf({ 'schema.sql': schema, 'data.sql': data })
  await expect(foreignInput(opened(tar.subarray(0, -20)))).rejects.toMatchObject(corrupt)
  const cut = gzipSync(gunzipSync(tar).subarray(0, 1600))
  await expect(foreignInput(opened(cut))).rejects.toMatchObject(corrupt)
  await expect(foreignInput(opened(await tarOf({ 'schema.sql': schema })))).rejects.toMatchObject(corrupt)
  const unfinished = data.replace('dump complete', '')
  const half = tarOf({ 'schema.sql': schema, 'data.sql': unfinished })
  await expect(foreignInput(opened(await half))).rejects.toMatchObject(corrupt)
})
