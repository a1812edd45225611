/** What `install-service` wrote and what is to be done then, or what it prints. */
export function installed(result: { text: string } | { file: string; next: readonly string[] }): string {
  if ('text' in result) return result.text
  return `Wrote ${result.file}. To start it:\n${result.next.map(command => `  ${command}\n`).join('')}`
}
