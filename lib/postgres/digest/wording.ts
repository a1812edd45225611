/** A definition in words that its dump still has after it was restored: pg_dump and the server write these few in more than one way. */
export function canonical(desc: string, text: string): string {
  const said =
    desc === 'POLICY'
      ? withRolesInOrder(text)
      : text.includes('\nINHERITS (')
        ? withColumnsInOrder(text)
        : text
  return said.includes('::character varying') ? withListsReworded(said) : said
}

const role = String.raw`(?:"(?:[^"]|"")*"|[^\s",;]+)`
const roles = new RegExp(`^(CREATE POLICY .*? TO )(${role}(?:, ${role})*)`, 'ms')

/** They come in the order in which the server made the roles. */
function withRolesInOrder(text: string): string {
  return text.replace(roles, (_, before: string, list: string) => {
    const names = list.match(new RegExp(role, 'g')) ?? []
    return `${before}${names.sort().join(', ')}`
  })
}

/** A column that is inherited too stands where its parent has it once it was restored. */
function withColumnsInOrder(text: string): string {
  return text.replace(/\(\n(.*)\n\)\nINHERITS \(/s, (_, columns: string) => {
    const lines = columns.split('\n').map(line => line.replace(/,$/, ''))
    return `(\n${lines.sort().join('\n')}\n)\nINHERITS (`
  })
}

const constant = "E?'(?:[^']|'')*'::character varying"
const list = new RegExp(String.raw`\(ARRAY\[(${constant}(?:, ${constant})*)\]\)::text\[\]`, 'g')
const each = new RegExp(constant, 'g')

/** A list of varchar constants (`state IN ('a', 'b')`) is deparsed in one way as it was typed in, and in another from then on. */
function withListsReworded(text: string): string {
  return text.replaceAll(list, (_, constants: string) => `ARRAY[${constants.replaceAll(each, '($&)::text')}]`)
}
