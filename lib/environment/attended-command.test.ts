import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { attended, openAnnouncement, openTrailer } from './attended-command.ts'

const marker = '0123456789abcdef'
const text = (piece: Uint8Array) => Buffer.from(piece).toString()

function passAll(whole: string, size: number) {
  const trailer = openTrailer(marker)
  let passed = ''
  for (let at = 0; at < whole.length; at += size)
    passed += text(trailer.pass(Buffer.from(whole.slice(at, at + size))))
  return { passed, status: trailer.status() }
}

describe('the trailer', () => {
  const sizes = [1, 2, 3, 7, 18, 20, 1000]

  test.for([0, 1, 42, 255])('status %i is taken off, wherever the pieces are cut', status => {
    for (const size of sizes)
      expect(passAll(`output\n\x1e${marker} ${status}\n`, size)).toEqual({ passed: 'output\n', status })
  })

  test('what only begins like it is output', () => {
    for (const size of sizes) {
      expect(passAll(`a\x1eb\x1e${marker.slice(0, 8)}x\x1e${marker} 0\n`, size)).toEqual({
        passed: `a\x1eb\x1e${marker.slice(0, 8)}x`,
        status: 0,
      })
    }
  })

  test('a stream that is cut anywhere has no status', () => {
    const whole = `output\x1e${marker} 12\n`
    for (let end = 0; end < whole.length; end += 1)
      expect(passAll(whole.slice(0, end), 5).status).toBeUndefined()
  })

  test('output passes at once and without a copy', () => {
    const piece = Buffer.from('a prompt> ')
    expect(openTrailer(marker).pass(piece)).toBe(piece)
  })
})

describe('the announcement', () => {
  test('is taken off, wherever the pieces are cut', async () => {
    const whole = `${marker} 4711\nerror: no\n`
    for (const size of [1, 5, 100]) {
      const announcement = openAnnouncement(marker)
      let passed = ''
      for (let at = 0; at < whole.length; at += size)
        passed += text(announcement.pass(Buffer.from(whole.slice(at, at + size))))
      expect(passed).toBe('error: no\n')
      expect(await announcement.pid).toBe(4711)
    }
  })

  test('that does not come leaves stderr as it is', async () => {
    const announcement = openAnnouncement(marker)
    expect(text(announcement.pass(Buffer.from('sh: broken\n')))).toBe('sh: broken\n')
    expect(await announcement.pid).toBeUndefined()
  })
})

describe('an attended command', () => {
  const shells = [['sh'], ['bash'], ['dash'], ['busybox', 'sh']] as const
  const found = shells.filter(([program, ...more]) => spawnSync(program, [...more, '-c', ':']).status === 0)

  test.for(found)('under %s gets its arguments, its input and its own streams', ([program, ...more]) => {
    const command = ['sh', '-c', 'cat; printf "%s|" "$@"; echo no >&2; exit 5', 'sh', "it's", 'a\nb', '']
    const argv = attended(marker, command).slice(1)
    const { stdout, stderr, status } = spawnSync(program, [...more, ...argv], {
      input: 'in ',
      encoding: 'utf8',
    })
    expect(stdout).toBe(`in it's|a\nb||\x1e${marker} 5\n`)
    expect(stderr).toMatch(new RegExp(`^${marker} \\d+\nno\n$`))
    expect(status).toBe(5)
  })

  test.for(found)('under %s that is killed says so, without the words of the shell', ([program, ...more]) => {
    const argv = attended(marker, ['sh', '-c', 'kill -KILL $$']).slice(1)
    const { stdout, stderr } = spawnSync(program, [...more, ...argv], { encoding: 'utf8' })
    expect(stdout).toBe(`\x1e${marker} 137\n`)
    expect(stderr).toMatch(/^\w+ \d+\n$/)
  })
})
