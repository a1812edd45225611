import type { DrillReport, DrillResult } from './drill-report.ts'

/** A report as a page that needs nothing but a browser. Whatever names hold stays text. */
export function drillPage({ verdict, started, finished, host, tool, results }: DrillReport): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Recovery drill of ${text(started)}: ${verdict}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums }
.passed { color: #05662a } .failed { color: #a11212 }
</style>
<h1>Recovery drill: <span class="${verdict}">${verdict}</span></h1>
<p>${text(started)} to ${text(finished)}, on ${text(host)}, by ${text(tool)}</p>
<table>
<tr><th>source<th>scenario<th>verdict<th>recovery time<th>age of the recovery point<th>newest proven</tr>
${results.map(summaryRow).join('\n')}
</table>
${results.map(section).join('\n')}
</html>
`
}

function summaryRow(result: DrillResult): string {
  const { source, scenario, verdict, recoveryTime, recoveryPointAge, newestProven } = result
  const cells = [
    text(source),
    scenario,
    `<span class="${verdict}">${verdict}</span>`,
    duration(recoveryTime),
    duration(recoveryPointAge),
    newestProven ? `${duration(newestProven.age)} old` : 'none',
  ]
  return `<tr>${cells.map(cell => `<td>${cell}`).join('')}</tr>`
}

function section(result: DrillResult): string {
  const { source, scenario, backup, evidence, error } = result
  const failure = error
    ? `<p class="failed">${text(error.message)}</p>${error.hint ? `<p>${text(error.hint)}</p>` : ''}`
    : ''
  return `<h2>${text(source)}: ${scenario}</h2>
<p>${backup ? `Backup ${text(backup)}` : 'No backup'}${evidence ? `, restored into ${text(evidence.where)}` : ''}</p>
${failure}${evidence ? evidenceTables(evidence) : ''}`
}

function evidenceTables({ compared, seconds }: NonNullable<DrillResult['evidence']>): string {
  const numbers = Object.entries(compared).filter(([, value]) => typeof value === 'number')
  return `<p>Compared: ${numbers
    .map(([what, number]) => `${number} ${what === 'largeObjects' ? 'large objects' : what}`)
    .join(', ')}.</p>
<table>
<tr><th>step<th>seconds</tr>
${Object.entries(seconds)
  .map(([step, time]) => `<tr><td>${text(step)}<td class="number">${time.toFixed(1)}</tr>`)
  .join('\n')}
</table>`
}

/** `45 s`, `12 min`, `3.5 h`, `2.0 d`. */
function duration(seconds: number | undefined): string {
  if (seconds === undefined) return ''
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const text = (raw: string): string => raw.replaceAll(/[&<>"]/g, character => entities[character]!)
