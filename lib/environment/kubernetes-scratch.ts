import { randomBytes } from 'node:crypto'
import { RespaldoError } from '../errors.ts'
import type { ScratchServer, ScratchWishes } from './environment.ts'
import type { Cluster } from './kubernetes-client.ts'
import { execInPod, type PodPlace, shellIn } from './kubernetes-exec.ts'
import { openMadePod, removeLeftovers } from './kubernetes-made.ts'
import { sourcePlace } from './kubernetes-place.ts'
import { type ScratchOrigin, scratchPod } from './kubernetes-scratch-pod.ts'
import { lookInside, readerIn } from './kubernetes-settings.ts'
import { namingVariables, ownServer, readNames } from './server-settings.ts'

/**
 * A throw-away server in a pod of the source's own image, so that extensions and versions fit, beside the source. It goes with its data when it
 * is disposed of, when the next one is made after its process died, or by its deadline.
 */
export async function kubernetesScratch(
  cluster: Cluster,
  wishes: ScratchWishes,
  signal?: AbortSignal,
): Promise<ScratchServer> {
  const namespace = wishes.place.namespace ?? (await cluster.namespace())
  await removeLeftovers(cluster, namespace, wishes, signal)
  const origin = await originOf(cluster, { ...wishes, place: { ...wishes.place, namespace } }, signal)
  const password = randomBytes(18).toString('base64url')
  const { database } = wishes.place
  const isReady = (place: PodPlace) => answers(place, origin.user)
  const body = scratchPod(origin, wishes, password)
  const pod = await openMadePod(cluster, namespace, body, isReady, signal)
  const settings = { user: origin.user, password, database }
  return {
    shell: shellIn(pod.place),
    connection: ownServer({ env: {}, port: undefined }, settings, {}, database),
    isolated: true,
    description: `a pod of ${origin.image}`,
    [Symbol.asyncDispose]: () => pod[Symbol.asyncDispose](),
  }
}

/** Over TCP, where the server that only sets up the data does not listen yet. */
async function answers(place: PodPlace, user: string): Promise<boolean> {
  const { finished } = execInPod(place, { argv: ['pg_isready', '-q', '-h', '127.0.0.1', '-U', user] })
  return finished.then(
    () => true,
    () => false, // it ended meanwhile, which the next look will tell
  )
}

/** What decides about the files of a new server, beside its image. */
const fileVariables = ['LANG', 'LC_ALL', 'LC_COLLATE', 'LC_CTYPE', 'POSTGRES_INITDB_ARGS']

/** The image that the source runs, else the one that it ran when it was backed up. */
async function originOf(
  cluster: Cluster,
  { place, user, isPlaceLost }: ScratchWishes,
  signal?: AbortSignal,
): Promise<ScratchOrigin> {
  const source = isPlaceLost ? undefined : await sourceOrigin(cluster, place, signal)
  if (source) return source
  if (place.image === undefined) throw noImage(place.pod)
  return {
    image: place.image,
    uid: place.uid ?? usualUid(place.image),
    user: user ?? 'postgres',
    env: {},
    pullSecrets: [],
    node: undefined,
  }
}

async function sourceOrigin(
  cluster: Cluster,
  { namespace = '', pod: wanted, ...rest }: ScratchWishes['place'],
  signal?: AbortSignal,
): Promise<ScratchOrigin | undefined> {
  if (wanted === undefined) return undefined
  const place = sourcePlace(cluster, { ...rest, namespace, pod: wanted }, undefined)
  try {
    const { pod, container } = await place.find(signal)
    const { variables, uid } = await lookInside(place, [...namingVariables, ...fileVariables], signal)
    const names = await readNames(variables, readerIn(place, signal))
    return {
      image: container.image,
      uid: uid ?? usualUid(container.image),
      user: names.user,
      env: pick(variables, fileVariables),
      pullSecrets: (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []),
      node: pod.spec?.nodeName,
    }
  } catch (error) {
    if (error instanceof RespaldoError && error.code === 'source-unreachable') return undefined
    throw error
  }
}

const pick = (variables: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => names.includes(name)))

/** Of postgres in the official images. */
const usualUid = (image: string): number => (/alpine/.test(image) ? 70 : 999)

function noImage(pod: string | undefined): RespaldoError {
  return new RespaldoError(
    'environment-unavailable',
    `The pod ${pod} is not there, and the backup does not tell of which image it was`,
    { hint: 'Start the pod again, or name a server with scratch.url in the configuration.' },
  )
}
