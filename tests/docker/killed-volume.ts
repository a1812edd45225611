import { dockerVolumes } from '#lib/environment/docker-volumes'

/** Is killed while it reads a volume, having made a scratch volume: `node killed-volume.ts SOCKET VOLUME SCRATCH`. */
const [socketPath = '', volume = '', scratch = ''] = process.argv.slice(2)
const maker = { host: 'here', pid: process.pid, startedAt: 'killed' }
const volumes = dockerVolumes({ socketPath }, maker)

await volumes.make(scratch, {}, { scratch: maker })
for await (const _ of volumes.volume({ environment: 'docker', volume }).read())
  process.kill(process.pid, 'SIGKILL')
