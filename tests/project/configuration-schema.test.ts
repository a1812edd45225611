import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { configurationSchema } from '#lib/config'

test('respaldo.schema.json is current; else: respaldo config schema > respaldo.schema.json', async () => {
  const kept = await readFile(new URL('../../respaldo.schema.json', import.meta.url), 'utf8')
  expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify(configurationSchema())))
})
