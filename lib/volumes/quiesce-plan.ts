import type { Client, Rest } from './volume.ts'

/** What is asked of those who use something while it is read or written. */
export interface QuiesceWish {
  /** How those rest whose labels do not say; undefined: they go on. */
  asked: Rest | undefined
  /** False where something is written under them: then whoever rests is stopped. */
  pauseIsEnough: boolean
  /** Names of those that go on whatever is asked, such as the database's own container. */
  spared: readonly string[]
}

/** What happens to one of them; without `rest` only its commands are run. */
export interface QuiesceStep {
  client: Client
  rest: Rest | undefined
}

/** Who rests and who does not. */
export interface QuiescePlan {
  /** In the order in which they come to rest: each before those that it depends on. They go on in the opposite order. */
  steps: readonly QuiesceStep[]
  /** Those that stay as they are, by name, and why. */
  left: readonly { name: string; why: string }[]
}

/** Decides who rests, and how; a label counts more than what was asked. */
export function planQuiesce(clients: readonly Client[], wish: QuiesceWish): QuiescePlan {
  const judged = startOrder(clients)
    .toReversed()
    .map(client => ({ client, rest: restOf(client, wish), why: whyLeft(client, wish) }))
  return {
    steps: judged.filter(({ why }) => why === undefined).map(({ client, rest }) => ({ client, rest })),
    left: judged.flatMap(({ client, why }) =>
      why === undefined ? [] : [{ name: client.workload.name, why }],
    ),
  }
}

/** The stronger of two ways to rest. */
export const stronger = (one: Rest, other: Rest): Rest => (one === other ? one : 'stop')

function restOf({ rest }: Client, { asked, pauseIsEnough }: QuiesceWish): Rest | undefined {
  const wanted = rest ?? asked
  return wanted === undefined || pauseIsEnough ? wanted : 'stop'
}

function whyLeft(client: Client, wish: QuiesceWish): string | undefined {
  if (wish.spared.includes(client.workload.name)) return 'it is needed'
  if (!client.running) return 'it does not run'
  const hasCommands = client.execBefore !== undefined || client.execAfter !== undefined
  return restOf(client, wish) === undefined && !hasCommands ? 'nothing asks it to rest' : undefined
}

/** Each behind those that it depends on; by name where that leaves a choice. A cycle is cut where it comes back to its first name. */
function startOrder(clients: readonly Client[]): Client[] {
  const byName = new Map(clients.map(client => [client.workload.name, client]))
  const seen = new Set<string>()
  const ordered: Client[] = []
  const visit = (name: string): void => {
    const client = byName.get(name)
    if (!client || seen.has(name)) return
    seen.add(name)
    client.dependsOn.toSorted().forEach(visit)
    ordered.push(client)
  }
  ;[...byName.keys()].toSorted().forEach(visit)
  return ordered
}
