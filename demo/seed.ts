import { openDemoDatabase } from './walkthrough.ts'

// node demo/seed.ts FOLDER: a database to try things on.
const [folder] = process.argv.slice(2)
if (folder === undefined)
  throw new Error('Name the folder that the database is to be made in: node demo/seed.ts FOLDER')
await openDemoDatabase(folder)
