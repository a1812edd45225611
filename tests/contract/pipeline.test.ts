import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { pipelineContract } from './pipeline.ts'

const shells = [['sh'], ['bash'], ['dash'], ['busybox', 'sh']] as const
const found = shells.filter(([program, ...more]) => spawnSync(program, [...more, '-c', ':']).status === 0)

test('this machine has a shell', () => {
  expect(found).not.toEqual([])
})

for (const shell of found) pipelineContract(shell.join(' '), shell)
