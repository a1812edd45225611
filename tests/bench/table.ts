import { humanBytes } from '#lib/bytes'
import type { Measurement } from './measure.ts'

/** Measurements by the name of their way. */
export type Results = ReadonlyMap<string, readonly Measurement[]>

/** The middle one, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** Medians of each way, a line each, the fastest and the slowest time behind. */
export function resultTable(results: Results): string {
  const rows = [...results].map(([name, all]) => [
    name,
    seconds(all.map(one => one.seconds)),
    `${Math.min(...all.map(one => one.seconds)).toFixed(2)}–${Math.max(...all.map(one => one.seconds)).toFixed(2)}`,
    seconds(all.map(one => one.cpuSeconds)),
    humanBytes(median(all.map(one => one.peakBytes))),
    stored(all),
  ])
  return aligned([['way', 'seconds', 'range', 'cpu', 'memory', 'stored'], ...rows])
}

/** All runs of each way together, a line each. */
export function totalTable(results: Results): string {
  const rows = [...results].map(([name, all]) => [
    name,
    `${all.length}`,
    sum(all.map(one => one.seconds)).toFixed(2),
    humanBytes(sum(all.map(one => one.storedBytes ?? 0))),
  ])
  return aligned([['way', 'runs', 'seconds', 'stored'], ...rows])
}

/** Medians of the time from each line that a way said to the next one; of what every round said alike. */
export function stepTable(all: readonly Measurement[]): string {
  const lines = all[0]?.said.map(({ text }) => text) ?? []
  const rows = ['(before)', ...lines].map((text, number) => [
    text,
    seconds(all.map(one => stepOf(one, number))),
  ])
  return aligned([['step', 'seconds'], ...rows])
}

function stepOf({ said, seconds }: Measurement, number: number): number {
  return (said[number]?.seconds ?? seconds) - (said[number - 1]?.seconds ?? 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function seconds(values: readonly number[]): string {
  return median(values).toFixed(2)
}

function stored(all: readonly Measurement[]): string {
  const sizes = all.flatMap(one => (one.storedBytes === undefined ? [] : [one.storedBytes]))
  return sizes.length > 0 ? humanBytes(median(sizes)) : ''
}

/** The first column to the left, numbers to the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)
  return rows.map(row => row.map(cell).join('  ').trimEnd()).join('\n')
}
