/** How many processes of a container have the text in their arguments: counted there, for it may be on another machine. */
export async function countIn(
  exec: (argv: readonly string[]) => Promise<{ stdout: string }>,
  marker: string,
): Promise<number> {
  const { stdout } = await exec(['ps', '-eww', '-o', 'args'])
  return stdout.split('\n').filter(line => line.includes(marker)).length
}
