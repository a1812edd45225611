import { stringify } from 'yaml'

interface Shown {
  files: readonly string[]
  profile: string
  repository: string
  variables: readonly string[]
  configuration: object
}

/** That a configuration is sound, and of which files it is made. */
export const checkedConfig = ({ files, profile }: Shown): string =>
  `The configuration is sound (profile ${profile}; ${files.length > 0 ? files.join(', ') : 'no files'})\n`

/** What the configuration comes to, as YAML. */
export function shownConfig({ files, profile, repository, variables, configuration }: Shown): string {
  return [
    `# files: ${files.join(', ') || 'none'}`,
    `# profile: ${profile}`,
    `# repository: ${repository}`,
    `# variables that are set: ${variables.join(', ') || 'none'}`,
    Object.keys(configuration).length > 0 ? stringify(configuration) : '',
  ].join('\n')
}
