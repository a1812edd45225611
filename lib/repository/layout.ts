/** Where things are in a repository (FORMAT.md). Nothing else lives at its top. */
export const marker = 'respaldo.json'
/** Instructions for who has nothing but stock tools. */
export const readme = 'README.txt'

/** The folder of one backup, ending in `/`. */
export const backupFolder = (source: string, id: string): string => `sources/${source}/${id}/`
/** The key whose existence makes the backup exist. */
export const manifestKey = (source: string, id: string): string => `${backupFolder(source, id)}manifest.json`
