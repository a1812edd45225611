import { startProcess } from '#lib/environment/process'
import { shellContract } from './environment.ts'
import { countProcesses } from './processes.ts'

shellContract('local processes', async () => ({
  shell: {
    local: true,
    exec: (command, signal) => startProcess(command, { env: process.env }, signal),
  },
  count: countProcesses,
  close: async () => {},
}))
