import { once } from 'node:events'
import { systemClock } from '#lib/clock'
import { toRespaldoError } from '#lib/errors'
import { acquireLease } from '#lib/repository/lease'
import { filesystemStore } from '#lib/store/filesystem'
import { isAlive, thisHolder } from '../../runner/liveness.ts'

/** Says `ready`; on a line of input takes the lease, says how that went, and keeps it: `node lease-racer.ts ROOT RUN`. */
const [root = '', run = ''] = process.argv.slice(2)
const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`)

let waited = false
say('ready')
await once(process.stdin, 'data')
try {
  const { generation, previous } = await acquireLease(filesystemStore({ root }), systemClock, {
    source: 'pc_db',
    run,
    holder: { ...thisHolder(), function: 'create' },
    isAlive,
    wait: false,
    report: ({ type }) => {
      waited ||= type === 'step'
    },
  })
  say({ held: generation, previous: previous?.run, waited })
} catch (error) {
  say({ refused: toRespaldoError(error).code })
  process.exit()
}
