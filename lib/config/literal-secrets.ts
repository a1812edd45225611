import type { Path, Problem } from './problems.ts'

const secretNames = /(password|passphrase|secret|token|api_?key|authorization)$/i
const withPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#@]+@/i

/**
 * Finds secrets that stand in the configuration itself, whatever section they are in: text under a name such as `password`, and addresses with
 * a password. The messages do not repeat them.
 */
export function literalSecrets(value: unknown, path: Path = []): Problem[] {
  if (typeof value === 'string') return problemIn(value, path)
  if (value === null || typeof value !== 'object') return []
  const isList = Array.isArray(value)
  return Object.entries(value).flatMap(([key, one]) =>
    literalSecrets(one, [...path, isList ? Number(key) : key]),
  )
}

function problemIn(text: string, path: Path): Problem[] {
  if (secretNames.test(String(path.at(-1))))
    return [
      { path, message: 'a secret does not stand in the configuration: keep it in a variable or a file' },
    ]
  if (withPassword.test(text))
    return [{ path, message: 'the address holds a password: keep it in a variable such as PGPASSWORD' }]
  return []
}
