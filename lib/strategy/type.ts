import { ageDays } from '../clock.ts'

/** When a chain has had enough and a full begins another one. */
export interface Strategy {
  /** A full is made when the last one is older than so many days. */
  fullDays: number
  /** So many incrementals build on one full. */
  incrementals: number
  /** A full is made when the last incremental stored more than this share of what the full stores. */
  renewShare: number
}

/** The rule of the documents that asked for this tool, and a share from which an incremental saves little. */
export const defaultStrategy: Strategy = { fullDays: 7, incrementals: 5, renewShare: 0.5 }

/** The given limits, the default ones for the rest. */
export function strategyOf(given: { [Limit in keyof Strategy]?: number | undefined } = {}): Strategy {
  const { fullDays, incrementals, renewShare } = defaultStrategy
  return {
    fullDays: given.fullDays ?? fullDays,
    incrementals: given.incrementals ?? incrementals,
    renewShare: given.renewShare ?? renewShare,
  }
}

/** What was asked for: `auto` leaves it to the strategy. */
export type AskedType = 'auto' | 'full' | 'incremental'

/** What a backup has to be, and why; it goes into the manifest. */
export interface TypeChoice {
  type: 'full' | 'incremental'
  reason: string
  /** What was asked for is not, or should not be, what is done. */
  warning?: string
}

/** What of a chain the choice depends on. Times in ISO 8601, sizes in bytes. */
export interface ChainFacts {
  fullStarted: string
  fullBytes: number
  incrementals: number
  /** Of the newest incremental. */
  lastBytes: number | undefined
  /** Why nothing can build on it any more: damage, another server, another format. */
  unusable: string | undefined
}

/** Full or incremental. Pure. */
export function chooseType(
  chain: ChainFacts | undefined,
  asked: AskedType,
  strategy: Strategy,
  now: Date,
): TypeChoice {
  if (asked === 'full') return { type: 'full', reason: 'a full was asked for' }
  const impossible = chain ? chain.unusable : 'there is no full of this source and scope yet'
  if (impossible !== undefined)
    return {
      type: 'full',
      reason: impossible,
      ...(asked === 'incremental' ? { warning: `It becomes a full: ${impossible}` } : {}),
    }
  const enough = enoughOf(chain!, strategy, now)
  if (asked === 'incremental')
    return {
      type: 'incremental',
      reason: 'an incremental was asked for',
      ...(enough === undefined ? {} : { warning: `A full is due: ${enough}` }),
    }
  return enough === undefined
    ? {
        type: 'incremental',
        reason: `incremental ${chain!.incrementals + 1} of at most ${strategy.incrementals}`,
      }
    : { type: 'full', reason: enough }
}

function enoughOf(chain: ChainFacts, strategy: Strategy, now: Date): string | undefined {
  if (ageDays(chain.fullStarted, now) > strategy.fullDays)
    return `the last full is older than ${strategy.fullDays} days`
  if (chain.incrementals >= strategy.incrementals)
    return `the chain has ${chain.incrementals} incrementals already`
  if (chain.lastBytes !== undefined && chain.lastBytes > strategy.renewShare * chain.fullBytes)
    return `the last incremental stored more than ${Math.round(strategy.renewShare * 100)} % of what the full stores`
  return undefined
}
