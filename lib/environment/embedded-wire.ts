import type { PGlite } from '@electric-sql/pglite'
import { disarm, rearm } from './embedded-restrict.ts'

const errorResponse = 0x45
const lengthAt = 1
const bodyAt = 5

/** What passed between PGlite and pg_dump. */
export interface Wire {
  /** The server's own words when it refused something: pg_dump's are lost when the session fails after it. */
  refusal(): string | undefined
  /** Takes back from the dump what was changed in the data on its way. */
  mend(dump: Uint8Array): void
}

/** Hands pg_dump each answer in one piece (piecewise it is quadratic) and makes its text safe for what pglite-tools does with the dump. */
export function watchWire(pg: PGlite): Wire {
  const send = pg.execProtocolRawStream.bind(pg)
  let refused: string | undefined
  let disarmed = false
  pg.execProtocolRawStream = (message, options) => {
    const pieces: Uint8Array[] = []
    const sent = send(message, { ...options, onRawData: piece => void pieces.push(piece.slice()) })
    const answer = Buffer.concat(pieces) // complete: PGlite answers before it returns its promise
    refused ??= refusalIn(answer)
    disarmed = disarm(answer) || disarmed
    options.onRawData(answer)
    return sent
  }
  return {
    refusal: () => refused,
    mend: dump => void (disarmed && rearm(dump)),
  }
}

/** The text of the first ErrorResponse among protocol messages: each a type, a length and fields that end in zero. */
export function refusalIn(answer: Buffer): string | undefined {
  for (let at = 0; at + bodyAt <= answer.length; at += 1 + answer.readUInt32BE(at + lengthAt)) {
    if (answer[at] !== errorResponse) continue
    const fields = answer
      .toString('utf8', at + bodyAt, at + 1 + answer.readUInt32BE(at + lengthAt))
      .split('\0')
    return fields.find(field => field.startsWith('M'))?.slice(1)
  }
  return undefined
}
