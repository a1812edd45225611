/** What a command line meets: its streams, its variables, its folder. Passed in, so that tests can be another outside. */
export interface Outside {
  version: string
  variables: Readonly<Record<string, string | undefined>>
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal
  /** Calls the listener at every SIGHUP, which without one ends the process. */
  onHangup(listener: () => void): void
}
