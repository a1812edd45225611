/** Settings whose stored value is a quoted list already (PostgreSQL's GUC_LIST_QUOTE). */
const lists = [
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
]

const listNames = lists.map(name => `'${name}'`).join(', ')

const flag = (column: string, word: string) => `CASE WHEN ${column} THEN '${word}' ELSE 'NO${word}' END`

const password = `CASE WHEN rolpassword IS NULL THEN '' ELSE format(' PASSWORD %L', rolpassword) END`

/**
 * A query for the statements that make a database's roles, their memberships and all settings anew, one a row, in the order in which
 * they can run. What pg_dumpall --globals-only would write, and `ALTER DATABASE … SET` besides, which no plain dump holds.
 */
export const globalsQuery = (passwords: boolean): string => `
  WITH statements(rank, sql) AS (
    SELECT 1, format('CREATE ROLE %I WITH %s;', rolname, concat_ws(' ', ${flag('rolsuper', 'SUPERUSER')}, ${flag('rolinherit', 'INHERIT')},
      ${flag('rolcreaterole', 'CREATEROLE')}, ${flag('rolcreatedb', 'CREATEDB')}, ${flag('rolcanlogin', 'LOGIN')},
      ${flag('rolreplication', 'REPLICATION')}, ${flag('rolbypassrls', 'BYPASSRLS')}, 'CONNECTION LIMIT ' || rolconnlimit,
      'VALID UNTIL ' || quote_literal(rolvaliduntil)) ${passwords ? `|| ${password}` : ''})
    FROM pg_authid WHERE oid >= 16384
  UNION ALL
    SELECT 2, format('COMMENT ON ROLE %I IS %L;', rolname, description)
    FROM pg_authid r JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass WHERE r.oid >= 16384
  UNION ALL
    SELECT 3, format('GRANT %I TO %I WITH ADMIN %s, INHERIT %s, SET %s;', r.rolname, m.rolname, admin_option::text, inherit_option::text, set_option::text)
    FROM pg_auth_members JOIN pg_authid r ON r.oid = roleid JOIN pg_authid m ON m.oid = member WHERE m.oid >= 16384
  UNION ALL
    SELECT 4, format('ALTER %s SET %s TO %s;',
      CASE WHEN setrole = 0 THEN format('DATABASE %I', current_database())
           WHEN setdatabase = 0 THEN format('ROLE %I', rolname)
           ELSE format('ROLE %I IN DATABASE %I', rolname, current_database()) END,
      name, CASE WHEN name IN (${listNames}) AND value <> '' THEN value ELSE quote_literal(value) END)
    FROM pg_db_role_setting LEFT JOIN pg_authid r ON r.oid = setrole, unnest(setconfig) AS setting,
      LATERAL (SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value) AS parts
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  )
  SELECT sql FROM statements ORDER BY rank, sql`

/** Of somebody's globals only what makes roles and their settings; `postgres` is there already, tablespaces cannot be. */
export function isRoleStatement(statement: string): boolean {
  return /^(?:CREATE ROLE(?! (?:postgres|"postgres")[\s;])|ALTER ROLE|ALTER DATABASE .* SET|COMMENT ON ROLE|GRANT(?! .* ON ))\s/is.test(
    statement,
  )
}

/** Roles that these globals make. */
export const rolesMade = (globals: string | undefined): Set<string> =>
  new Set(
    [...(globals ?? '').matchAll(/^CREATE ROLE ("(?:[^"]|"")+"|[^\s;]+)/gim)].map(match =>
      unquoted(match[1] ?? ''),
    ),
  )

/** The name that an identifier in SQL stands for. */
export const unquoted = (identifier: string): string =>
  identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier.toLowerCase()
