// Calls a function of the runner and follows it to its end: `node call.mjs create '{"name":"nightly"}'`.
// Ends with 0 only when the run's last word is that it is done. Ending this ends the run. No limit of its own: `fetch` would give up
// when nothing comes for five minutes.
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createInterface } from 'node:readline'

const { RESPALDO_URL, RESPALDO_TOKEN_FILE } = process.env
const [name, input = '{}'] = process.argv.slice(2)

const headers = {
  accept: 'application/x-ndjson',
  authorization: `Bearer ${readFileSync(RESPALDO_TOKEN_FILE, 'utf8').trim()}`,
  'content-type': 'application/json',
}
const answer = await new Promise((resolve, reject) => {
  request(`${RESPALDO_URL}/api/${name}`, { method: 'POST', headers }, resolve).on('error', reject).end(input)
})

let last = '{}'
for await (const line of createInterface({ input: answer })) {
  process.stdout.write(`${line}\n`)
  last = line
}
process.exitCode = JSON.parse(last).type === 'done' ? 0 : 1
