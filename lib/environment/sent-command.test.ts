import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { once } from '../bytes.ts'
import type { Command } from './environment.ts'
import { fed } from './fed-command.ts'
import { sentArgv, sentText } from './sent-command.ts'

const marker = 'a1b2c3d4'

/** Sends it to a shell of this machine, with an input behind it. */
function send(command: Command, input = '', cut = Number.POSITIVE_INFINITY) {
  const [program = '', ...args] = sentArgv(marker)
  const text = sentText(marker, command)
  // In a group of its own, as every command that an engine starts.
  const { stdout, status } = spawnSync('setsid', ['--wait', program, ...args], {
    input: text.slice(0, cut) + input,
    encoding: 'utf8',
  })
  return { stdout: stdout.split('\x1e')[0], status }
}

describe('a command that is sent', () => {
  test('its argv tells nothing of it', () => {
    const told = JSON.stringify(sentArgv(marker))
    expect(sentArgv(marker)).toEqual(sentArgv(marker))
    expect(told).not.toContain('PGPASSWORD')
  })

  test('arguments, variables and input arrive as they are', () => {
    const odd = ['', ' a  b ', `it's "quoted"`, '$HOME `id` \\', 'line\n\nline', 'ñ€😀', '*']
    const argv = ['sh', '-c', 'printf "%s|" "$@"; printf "%s|" "$ODD"; cat', 'sh', ...odd] as const
    const { stdout, status } = send({ argv, env: { ODD: odd.join('\n') }, stdin: once() }, 'in\nput')
    expect({ stdout, status }).toEqual({
      stdout: `${[...odd, odd.join('\n')].map(one => `${one}|`).join('')}in\nput`,
      status: 0,
    })
  })

  test('without an input it has none', () => {
    expect(send({ argv: ['cat'] }, 'not for it')).toEqual({ stdout: '', status: 0 })
  })

  test('nothing runs of what did not come whole', () => {
    const command: Command = { argv: ['echo', 'ran'] }
    for (let cut = 0; cut < sentText(marker, command).length - 1; cut += 7)
      expect(send(command, '', cut)).toEqual({ stdout: '', status: 125 })
  })

  test('where its group is not its own, nobody is told to end', () => {
    const [program = '', ...args] = sentArgv(marker)
    const input = `${sentText(marker, { argv: fed(['true']), stdin: once() })}.\n`
    // Not the leader of the group that setsid makes.
    const inGroup = ['--wait', 'sh', '-c', '"$@"; echo "still here $?"', 'sh', program, ...args]
    expect(spawnSync('setsid', inGroup, { input, encoding: 'utf8' }).stdout).toContain('still here 125')
  })

  test('an input that has to be told its end', () => {
    const lines = `${Buffer.from('all of it\n').toString('base64')}\n.\n`
    expect(send({ argv: fed(['cat']), stdin: once() }, lines)).toEqual({ stdout: 'all of it\n', status: 0 })
    expect(send({ argv: fed(['sh', '-c', 'exit 7']), stdin: once() }, lines)).toMatchObject({ status: 7 })
  })
})
