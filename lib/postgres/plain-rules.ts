/** What is done with a statement of a plain dump: with `reason` behind `is left out because`, or behind `cannot be restored because`. */
export interface Verdict {
  action: 'pass' | 'strip' | 'refuse'
  /** What it is, as `ALTER DATABASE`. */
  what: string
  reason: string
}

/** What the one who restores has asked for. */
export interface RuleOptions {
  subscriptions: boolean
}

const passed: Verdict = { action: 'pass', what: '', reason: '' }

/** Looks at the words of a statement that are settled; undefined when more of them are needed. */
type Rule = (words: readonly string[], options: RuleOptions) => Verdict | undefined

/**
 * Judges a statement of SQL that is restored into a database beside the living one. What names a database would hit the living one, so it
 * is left out; what changes the server, its roles or its files for all is refused; everything else passes.
 *
 * - left out: CREATE, DROP, ALTER, COMMENT ON, GRANT … ON, SECURITY LABEL … ON DATABASE, ALTER ROLE … IN DATABASE,
 *   UPDATE pg_database; comments, labels and grants of roles, tablespaces and parameters; subscriptions unless asked for
 * - refused: ALTER SYSTEM; ALTER and DROP ROLE, membership in roles, DROP and REASSIGN OWNED; tablespaces;
 *   COPY with PROGRAM or with a file of the server; PREPARE TRANSACTION
 * - CREATE ROLE passes with a warning: it changes nothing that exists
 *
 * It guards against accidents. SQL from somebody who means harm has other ways, as any function it defines.
 */
export function judge(words: readonly string[], options: RuleOptions): Verdict | undefined {
  const first = words[0]
  if (first === undefined) return undefined
  const rule = rules.get(first)
  return rule ? rule(words, options) : passed
}

const ofDatabase = 'it is about the database of the dump by its name, not about the one that is restored into'
const ofServer = 'it changes the whole server'
const ofRoles = 'it changes roles for the whole server'

const rules = new Map<string, Rule>([
  ['create', judgeObject],
  ['drop', judgeObject],
  ['alter', judgeObject],
  ['comment', judgeAttachment],
  ['security', judgeAttachment],
  ['grant', judgeGrant],
  ['revoke', judgeGrant],
  ['copy', judgeCopy],
  ['update', judgeUpdate],
  ['reassign', words => verdict('refuse', words, 1, ofRoles)],
  [
    'prepare',
    words =>
      words[1] === 'transaction' ? verdict('refuse', words, 2, 'it would never be ended') : known(words, 2),
  ],
])

function judgeObject(words: readonly string[], options: RuleOptions): Verdict | undefined {
  switch (words[1]) {
    case undefined:
      return undefined
    case 'database':
      return verdict('strip', words, 2, ofDatabase)
    case 'system':
    case 'tablespace':
      return verdict('refuse', words, 2, ofServer)
    case 'subscription':
      return options.subscriptions
        ? passed
        : verdict('strip', words, 2, 'a subscription would begin to work at once')
    case 'owned':
      return verdict('refuse', words, 2, ofRoles)
    case 'role':
    case 'user':
    case 'group':
      return judgeRole(words)
    default:
      return passed
  }
}

function judgeRole(words: readonly string[]): Verdict | undefined {
  if (words.length < 3) return undefined
  if (words[1] === 'user' && words[2] === 'mapping') return passed
  if (words[0] === 'create')
    return verdict(
      'pass',
      words,
      2,
      'a role is made for the whole server and stays, also when the restore fails',
    )
  if (words[0] === 'alter' && words.length < 5) return undefined
  if (words[3] === 'in' && words[4] === 'database') return verdict('strip', words, 2, ofDatabase)
  return verdict('refuse', words, 2, ofRoles)
}

const attached: Readonly<Record<string, string>> = {
  database: ofDatabase,
  role: ofRoles,
  tablespace: ofServer,
  parameter: ofServer,
  subscription: 'a subscription would begin to work at once',
}

/** `COMMENT ON DATABASE …`, `SECURITY LABEL FOR provider ON DATABASE …`. */
function judgeAttachment(words: readonly string[], options: RuleOptions): Verdict | undefined {
  const on = words.indexOf('on')
  const what = on === -1 ? undefined : words[on + 1]
  if (what === undefined) return undefined
  if (what === 'subscription' && options.subscriptions) return passed
  const reason = Object.hasOwn(attached, what) ? attached[what] : undefined
  return reason === undefined
    ? passed
    : { action: 'strip', what: `${words[0]} on ${what}`.toUpperCase(), reason }
}

/** Rights on something have ON before TO and FROM; membership in a role has not. */
function judgeGrant(words: readonly string[], options: RuleOptions): Verdict | undefined {
  const member = words[0] === 'grant' ? 'to' : 'from'
  const decisive = words.find((word, index) => index > 0 && (word === 'on' || word === member))
  if (decisive === undefined) return undefined
  return decisive === 'on' ? judgeAttachment(words, options) : verdict('refuse', words, 1, ofRoles)
}

function judgeCopy(words: readonly string[]): Verdict | undefined {
  const way = words.findIndex((word, index) => index > 1 && (word === 'from' || word === 'to'))
  const other = way === -1 ? undefined : words[way + 1]
  if (other === undefined) return undefined
  if (other === 'stdin' || other === 'stdout') return passed
  const reason =
    other === 'program' ? 'it runs a program on the server' : 'it reads or writes a file of the server'
  return {
    action: 'refuse',
    what: `COPY ${words[way]} ${other === 'program' ? other : 'a file'}`.toUpperCase(),
    reason,
  }
}

function judgeUpdate(words: readonly string[]): Verdict | undefined {
  const target = words[1] === 'only' ? words[2] : words[1]
  if (target === undefined) return undefined
  const name = target.replaceAll('"', '')
  return name === 'pg_database' || name === 'pg_catalog.pg_database'
    ? verdict('strip', words, 2, ofDatabase)
    : passed
}

function verdict(
  action: Verdict['action'],
  words: readonly string[],
  named: number,
  reason: string,
): Verdict {
  return { action, what: words.slice(0, named).join(' ').toUpperCase(), reason }
}

function known(words: readonly string[], needed: number): Verdict | undefined {
  return words.length < needed ? undefined : passed
}
