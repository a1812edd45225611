import { RespaldoError } from '../errors.ts'
import type { EnvironmentName, Source } from './environment.ts'

/**
 * What speaks for an environment, the strongest first: somebody's own word (`variables`: DATABASE_URL or those of libpq; `configuration`),
 * or that it might hold something (`discovery`). With `none` it is taken only when it is chosen by its name.
 */
export type Evidence = 'variables' | 'configuration' | 'discovery' | 'none'

/** Whether an environment holds something, and what was seen. */
export interface Availability {
  isAvailable: boolean
  reason: string
}

/** An environment that could be taken. */
export interface Candidate<E extends { readonly name: EnvironmentName }> {
  environment: E
  evidence: Evidence
  /** What the evidence is: `DATABASE_URL is set`, `respaldo.yaml names it`, `no folder is named`. */
  why: string
  /** Asked only of what has to be discovered. Never rejects but with the reason of an aborted signal. */
  available(signal?: AbortSignal): Promise<Availability>
}

/** What was taken and why, and what was looked at on the way. */
export interface Detected<E> {
  environment: E
  reason: string
  considered: readonly { name: EnvironmentName; reason: string }[]
}

const order: readonly Evidence[] = ['variables', 'configuration', 'discovery']

/**
 * Chooses an environment: the one that is named (a flag), else the first that variables, then the configuration, speak for, else the first
 * that holds something. A word is never doubted: when DATABASE_URL leads nowhere that is an error to be told, not a reason to back up
 * something else. Throws `environment-unavailable` with all that was looked at when there is nothing.
 */
export async function detect<E extends { readonly name: EnvironmentName }>(
  candidates: readonly Candidate<E>[],
  choice?: EnvironmentName,
  signal?: AbortSignal,
): Promise<Detected<E>> {
  if (choice !== undefined) return chosen(candidates, choice)
  const considered: { name: EnvironmentName; reason: string }[] = []
  for (const evidence of order)
    for (const candidate of candidates.filter(one => one.evidence === evidence)) {
      const { environment, why } = candidate
      const { isAvailable, reason } =
        evidence === 'discovery' ? await candidate.available(signal) : { isAvailable: true, reason: why }
      considered.push({ name: environment.name, reason })
      if (isAvailable) return { environment, reason, considered }
    }
  const rest = candidates.filter(({ evidence }) => evidence === 'none')
  throw nothingFound([
    ...considered,
    ...rest.map(({ environment, why }) => ({ name: environment.name, reason: why })),
  ])
}

/** What `sources` shows, as availability. An environment that cannot be reached is not available, with its own words. */
export async function discovered(
  environment: { sources(signal?: AbortSignal): AsyncIterable<Source> },
  signal?: AbortSignal,
): Promise<Availability> {
  try {
    const sources = await Array.fromAsync(environment.sources(signal))
    const names = sources.map(({ place }) => place.container ?? place.pod ?? place.database)
    return names.length > 0
      ? { isAvailable: true, reason: `found ${names.join(', ')}` }
      : { isAvailable: false, reason: 'reachable, but nothing in it is recognised as PostgreSQL' }
  } catch (error) {
    if (signal?.aborted) throw error
    return { isAvailable: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

function chosen<E extends { readonly name: EnvironmentName }>(
  candidates: readonly Candidate<E>[],
  choice: EnvironmentName,
): Detected<E> {
  const candidate = candidates.find(({ environment }) => environment.name === choice)
  const reason = `${choice} was asked for`
  if (candidate) return { environment: candidate.environment, reason, considered: [{ name: choice, reason }] }
  throw new RespaldoError('environment-unavailable', `There is no environment ${choice} here`, {
    hint: `There are: ${candidates.map(({ environment }) => environment.name).join(', ')}.`,
  })
}

function nothingFound(considered: readonly { name: EnvironmentName; reason: string }[]): RespaldoError {
  const looked = considered.map(({ name, reason }) => `${name} (${reason})`).join('; ')
  return new RespaldoError('environment-unavailable', 'Nothing was found that could be backed up', {
    hint: `Looked at: ${looked || 'nothing'}. Start a PostgreSQL container, set DATABASE_URL, or say what to use: --container NAME, --url postgres://…, or --environment.`,
    context: { considered },
  })
}
