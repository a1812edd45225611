import { restoreOnTrial } from './trial-world.ts'

/** Restores the newest backup of a source on trial and writes the name of each step, for who kills this process at one of them. */
const [, , source = '', env = '{}'] = process.argv
await restoreOnTrial({
  env: JSON.parse(env),
  source,
  report: event => event.type === 'step' && process.stdout.write(`${event.step}\n`),
})
process.exit(0)
