import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GlobalOptions } from '../cli.ts'

/** How this very command is called again from elsewhere; all paths are absolute. */
export interface Place {
  /** Node and the command's file. */
  command: readonly string[]
  /** The flags that say which repository and configuration are meant. */
  flags: readonly string[]
  /** The working folder, where `respaldo.yaml` is looked for. */
  folder: string
}

/** The command of this process, called from here. */
export function thisPlace({ dir, config, profile }: GlobalOptions): Place {
  const script = fileURLToPath(new URL('../respaldo.mjs', import.meta.url))
  return {
    command: [process.execPath, script],
    flags: [
      ...(dir === undefined ? [] : ['--dir', resolve(dir)]),
      ...(config === undefined ? [] : ['--config', resolve(config)]),
      ...(profile === undefined ? [] : ['--profile', profile]),
    ],
    folder: process.cwd(),
  }
}
