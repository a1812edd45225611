/** An identifier as SQL, always quoted. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A string as an SQL literal that means the same whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** Bytes of a PostgreSQL name; longer ones are cut by the server in silence. */
export const nameBytes = 63

/** `<name><suffix>` within 63 bytes: the name's part is cut, at a character's border, so that the suffix stays whole. */
export function suffixed(name: string, suffix: string): string {
  let kept = ''
  let room = nameBytes - Buffer.byteLength(suffix)
  for (const character of name) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + suffix
}
