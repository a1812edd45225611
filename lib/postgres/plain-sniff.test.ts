import { readFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sniff } from './plain.ts'

const read = (file: string) => readFileSync(new URL(`../../tests/vectors/archives/${file}`, import.meta.url))

test.each([
  ['a custom archive', read('pg17-piped.dump'), 'custom'],
  ['SQL', read('pg15.sql'), 'plain'],
  ['SQL in Latin-1', Buffer.from("INSERT INTO caf\xe9 VALUES ('\t\r\n');", 'latin1'), 'plain'],
  ['a gzip file', gzipSync('SELECT 1;'), 'gzip'],
  ['a zstd file', zstdCompressSync('SELECT 1;'), 'zstd'],
  ['a zstd file that begins with a skippable frame', Buffer.from('502a4d1800000000', 'hex'), 'zstd'],
  ['a tar', Buffer.from(`${'toc.dat'.padEnd(257, '\0')}ustar`), 'tar'],
  ['SQL in UTF-16', Buffer.from('\ufeffSELECT 1;', 'utf16le'), 'unknown'],
  ['a picture', Buffer.from('89504e470d0a1a0a00', 'hex'), 'unknown'],
  ['nothing', Buffer.alloc(0), 'empty'],
  ['the beginning of a word', Buffer.from('PG'), 'plain'],
])('%s', (_, bytes, expected) => {
  expect(sniff(bytes)).toBe(expected)
})
