import { RespaldoError } from '../errors.ts'
import { isLibpqOption, type LibpqOptions } from './libpq-options.ts'

/**
 * Reads `postgres://user:password@host:port,host2:port2/database?option=value`, as libpq does: everything may be missing, parts are
 * percent-encoded, a host that begins with a slash is a folder of sockets. Errors never quote the address, which holds a password.
 */
export function parseDatabaseUrl(url: string): LibpqOptions {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/s.exec(url.trim()) ?? []
  if (rest === undefined) throw invalid('it does not begin with postgres:// or postgresql://')
  const [address = '', query = ''] = splitAt(rest, rest.indexOf('?'))
  const slash = address.indexOf('/')
  const [authority = '', path = ''] = splitAt(address, slash)
  // Up to the last @: a password may hold one that nobody encoded.
  const at = authority.lastIndexOf('@')
  const options: LibpqOptions = {
    ...readUser(at === -1 ? '' : authority.slice(0, at)),
    ...readHosts(authority.slice(at + 1)),
    ...(path ? { dbname: decode(path, 'the name of the database') } : {}),
  }
  return { ...options, ...readQuery(query) }
}

function readUser(text: string): LibpqOptions {
  const [user, password] = splitAt(text, text.indexOf(':'))
  return {
    ...(user ? { user: decode(user, 'the user') } : {}),
    ...(password ? { password: decode(password, 'the password') } : {}),
  }
}

function readHosts(text: string): LibpqOptions {
  if (text === '') return {}
  const hosts = text.split(',').map(readHost)
  const ports = hosts.map(({ port }) => port)
  return {
    ...(hosts.some(({ host }) => host) ? { host: hosts.map(({ host }) => host).join(',') } : {}),
    ...(ports.some(Boolean) ? { port: ports.join(',') } : {}),
  }
}

function readHost(text: string): { host: string; port: string } {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]]*))(?::(\d*))?$/.exec(text)
  if (!match) throw invalid('the host and port after the @ cannot be read', encodeHint)
  const [, bracketed, plain = '', port = ''] = match
  if (port && (Number(port) < 1 || Number(port) > 65535)) throw invalid('the port is not between 1 and 65535')
  return { host: bracketed ?? decode(plain, 'the host'), port }
}

function readQuery(query: string): LibpqOptions {
  const options: LibpqOptions = {}
  for (const pair of query.split('&').filter(Boolean)) {
    const [rawName = '', rawValue] = splitAt(pair, pair.indexOf('='))
    const name = decode(rawName, 'an option')
    const value = decode(rawValue ?? '', `the option ${printable(name)}`)
    if (rawValue === undefined) throw invalid(`the option ${printable(name)} has no value`)
    // As JDBC writes it, which libpq takes too.
    if (name === 'ssl' && value === 'true') options.sslmode = 'require'
    else if (isLibpqOption(name)) options[name] = value
    else throw unknownOption(name)
  }
  return options
}

/** The parts before and after one character; with -1 the whole and undefined. */
function splitAt(text: string, index: number): [string, string | undefined] {
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)]
}

function decode(text: string, what: string): string {
  try {
    const decoded = decodeURIComponent(text)
    if (!decoded.includes('\0')) return decoded
  } catch {
    // Said below, without the text: it may be the password.
  }
  throw invalid(`${what} is not percent-encoded as it must be`, encodeHint)
}

/** A word that stands where a part of a password may have slipped to is not repeated. */
function printable(name: string): string {
  return /^[A-Za-z_]{1,40}$/.test(name) ? name : 'of an odd name'
}

const encodeHint =
  'Percent-encode special characters of user and password: @ is %40, / is %2F, ? is %3F, # is %23, % is %25.'

function unknownOption(name: string): RespaldoError {
  const known =
    name === 'sslpassword' ? 'cannot be passed to client tools without showing it' : 'is not one of libpq'
  return invalid(
    `the option ${printable(name)} ${known}`,
    'Take it out of the address: https://www.postgresql.org/docs/current/libpq-connect.html lists what there is.',
  )
}

function invalid(
  why: string,
  hint = 'It has to look like postgres://user:password@host:5432/database?sslmode=require.',
): RespaldoError {
  return new RespaldoError('input-invalid', `The address of the database cannot be used: ${why}`, { hint })
}
