// Checks the form of the commit message in the file that is given: `area: what changed`.
import { readFileSync } from 'node:fs'

const longest = 72
const written = /^(Merge|Revert|fixup!|squash!|amend!) /

/** What is wrong with the message, as sentences; empty when it is right. */
function problemsOf(message) {
  const [subject = '', second = ''] = message.split('\n')
  if (written.test(subject)) return []
  const length = [...subject].length
  return [
    /^[a-z][a-z0-9-]*(\/[a-z0-9-]+)*: \S/.test(subject) ||
      'It has to begin with an area in lower case, a colon and a space.',
    length <= longest || `Its first line has ${length} characters; ${longest} are allowed.`,
    !subject.endsWith('.') || 'Its first line ends with a full stop.',
    second === '' || 'Its second line has to be empty.',
  ].filter(problem => problem !== true)
}

/** The message as git will store it: without comments, what follows the scissors and empty lines at its beginning. */
function storedMessage(text) {
  const [above] = text.split(/^# -+ >8 -+$/m)
  const lines = above.split(/\r?\n/).filter(line => !line.startsWith('#'))
  return lines
    .map(line => line.trimEnd())
    .join('\n')
    .trimStart()
}

const message = storedMessage(readFileSync(process.argv[2], 'utf8'))
const problems = problemsOf(message)
if (problems.length > 0) {
  const example = 'store: refuse keys with empty segments'
  process.stderr.write(
    `This commit message does not have the form \`area: what changed\`:\n  ${message.split('\n', 1)[0]}\n` +
      `${problems.map(problem => `- ${problem}\n`).join('')}Example: ${example}\n`,
  )
  process.exitCode = 1
}
