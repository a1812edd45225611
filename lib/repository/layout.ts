/** Where things are in a repository (FORMAT.md). Nothing else lives at its top. */
export const marker = 'respaldo.json'
/** Instructions for who has nothing but stock tools. */
export const readme = 'README.txt'

/** The folder of one backup, ending in `/`. */
export const backupFolder = (source: string, id: string): string => `sources/${source}/${id}/`
/** The key whose existence makes the backup exist. */
export const manifestKey = (source: string, id: string): string => `${backupFolder(source, id)}manifest.json`
/** Where a forgotten backup's document lies. */
export const trashKey = (source: string, id: string): string => `trash/${source}/${id}.json`
/** Where users' marks on backups lie. */
export const markKey = (mark: 'pins' | 'accepted', source: string, id: string): string =>
  `${mark}/${source}/${id}.json`
/** The folder of who reads a source's backups, ending in `/`. */
export const readersFolder = (source: string): string => `leases/${source}/readers/`
/** Where what is known of one backup's soundness is kept, ending in `/`. Nothing in it makes a backup exist. */
export const proofsFolder = (source: string, id: string): string => `${backupFolder(source, id)}proofs/`
/** The folder of what runs made to rest, ending in `/`. */
export const quiesceFolder = 'journal/quiesce/'
/** Where a run writes down what it made to rest. */
export const quiesceKey = (run: string): string => `${quiesceFolder}${run}.json`
/** Where restores of volumes that are under way are written down, ending in `/`. */
export const volumeJournalFolder = 'journal/volumes/'
/** What has to be finished or undone when this run dies. */
export const volumeJournalKey = (run: string): string => `${volumeJournalFolder}${run}.json`
