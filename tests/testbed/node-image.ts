import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type Docker from 'dockerode'
import { run } from './command.ts'
import type { Engine } from './engine.ts'
import { baseTag, importDebian, markLabel } from './images.ts'
import { withLock } from './lock.ts'
import { testbedPaths } from './paths.ts'
import { hash, type Root } from './recipes.ts'
import { finished, pullImage, unlessMissing } from './registry.ts'
import { withWorkFolder } from './work-folder.ts'

const official = 'node:24-trixie-slim'
const tag = 'respaldo-testbed/node:24'
const npm = 'npm@11'

/** With what the project's Dockerfile installs: without a network, apt-get can only find that it is there. */
const root: Root = { suite: 'trixie', packages: ['ca-certificates', 'postgresql-client-17', 'tini'] }

const dockerfile = `FROM ${baseTag(root)}
COPY . /usr/local/
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && useradd --uid 1000 --create-home node \\
 && rm -rf /usr/local/Dockerfile /etc/apt/sources.list /etc/apt/sources.list.d/*
`

/** Makes sure that the engine has a base image for the project's Dockerfile and returns its tag: the official one where a reachable
 *  engine's registry answers, else one of Debian packages whose npm finds the project's packages in its cache. */
export async function ensureNodeImage(engine: Engine): Promise<string> {
  if (engine.kind === 'reachable' && (await hasOfficial(engine.docker))) return official
  const mark = hash([
    dockerfile,
    npm,
    process.version,
    await readFile(ofProject('package-lock.json'), 'utf8'),
  ])
  await withLock(`${engine.socketPath} ${tag}`, async () => {
    const image = await unlessMissing(engine.docker.getImage(tag).inspect())
    if (image?.Config.Labels?.[markLabel] !== mark) await make(engine, mark)
  })
  return tag
}

async function hasOfficial(docker: Docker): Promise<boolean> {
  const image = await unlessMissing(docker.getImage(official).inspect())
  return image !== undefined || (await pullImage(docker, official))
}

const ofProject = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

async function make({ docker }: Engine, mark: string): Promise<void> {
  if (!(await unlessMissing(docker.getImage(baseTag(root)).inspect())))
    await importDebian(docker, root, official)
  await withWorkFolder(join(testbedPaths().cache, 'images'), async work => {
    const context = join(work, 'context')
    await mkdir(join(context, 'bin'), { recursive: true })
    await writeFile(join(context, 'Dockerfile'), dockerfile)
    await copyFile(process.execPath, join(context, 'bin/node'))
    await addNpm(work, context)
    const tar = spawn('tar', ['-C', context, '-c', '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const options = { t: tag, labels: { [markLabel]: mark }, networkmode: 'none', forcerm: true }
    await finished(docker, await docker.buildImage(tar.stdout, options))
  })
}

/** npm itself, and a cache that holds every package of the lock, to be used offline. */
async function addNpm(work: string, context: string): Promise<void> {
  const cache = join(context, 'npm-cache')
  const project = join(work, 'project')
  await mkdir(project)
  for (const name of ['package.json', 'package-lock.json', '.npmrc'])
    await copyFile(ofProject(name), join(project, name))
  await run(['npm', 'install', '--prefix', work, '--no-save', '--ignore-scripts', npm], { cwd: work })
  await run(['npm', 'ci', '--omit=dev', '--ignore-scripts', `--cache=${cache}`], { cwd: project })
  await mkdir(join(context, 'lib'))
  await rename(join(work, 'node_modules'), join(context, 'lib/node_modules'))
  const registry = (await run(['npm', 'config', 'get', 'registry'])).trim()
  await mkdir(join(context, 'etc'))
  await writeFile(
    join(context, 'etc/npmrc'),
    `cache=/usr/local/npm-cache\noffline=true\nregistry=${registry}\n`,
  )
}
