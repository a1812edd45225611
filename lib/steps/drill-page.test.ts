import { expect, test } from 'vitest'
import { drillPage } from './drill-page.ts'
import type { DrillReport } from './drill-report.ts'

const report: DrillReport = {
  format: 1,
  run: '20250408t160000z-1',
  verdict: 'failed',
  started: '2025-04-08T16:00:00.000Z',
  finished: '2025-04-08T16:01:00.000Z',
  host: 'host & <b>',
  tool: 'respaldo test',
  results: [
    {
      source: 'shop',
      scenario: 'database-lost',
      verdict: 'passed',
      backup: '20250408T150000Z-full',
      recoveryPointAge: 3600,
      recoveryTime: 12.25,
      newestProven: { backup: '20250407T150000Z-full', age: 90_000 },
      evidence: {
        where: 'a container of postgres:17',
        compared: { tables: 3, rows: 1000, definitions: 12, wording: true, largeObjects: 0, checks: 1 },
        seconds: { read: 1, data: 7.04 },
      },
    },
    {
      source: '<script>alert("x")</script>',
      scenario: 'newest-damaged',
      verdict: 'failed',
      error: { code: 'backup-not-found', message: 'nothing & <nobody>' },
    },
  ],
}

test('a report says what passed, what failed, how long it took and what would be lost', () => {
  const page = drillPage(report)
  for (const text of [
    'Recovery drill: <span class="failed">failed',
    '<td>12 s<td>60 min<td>25.0 h old',
    '1000 rows',
    '7.0',
    'nothing &amp; &lt;nobody&gt;',
  ])
    expect(page).toContain(text)
})

test('what names hold is never markup, and nothing is fetched', () => {
  const page = drillPage(report)
  expect(page).not.toContain('<script')
  expect(page).not.toContain('<b>')
  expect(page).not.toMatch(/(?:src|href|url)\s*[=(]/)
})
