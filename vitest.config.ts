import { defineConfig } from 'vitest/config'

const ci = Boolean(process.env.CI)
const engineTests = ['tests/{docker,kubernetes,e2e}/**/*.test.ts']
// PGlite takes a second or two for every database that is opened, and what starts processes takes its time: too long for every commit.
const embeddedTests = [
  'tests/contract/{*embedded*,serve,schedules-served,one-off,pipeline}.test.ts',
  'demo/**/*.test.ts',
]

export default defineConfig({
  test: {
    allowOnly: !ci,
    // Stopping containers and the private engine takes its time.
    teardownTimeout: 60_000,
    reporters: ['default', './tests/reporters/tally.ts'],
    coverage: {
      provider: 'v8',
      include: ['functions/**/*.ts', 'lib/**/*.ts', 'runner/**/*.ts', 'demo/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text', 'html', 'lcovonly'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{functions,lib,runner,demo,tests}/**/*.test.ts'],
          exclude: [...engineTests, ...embeddedTests],
          testTimeout: 60_000,
          maxWorkers: '100%', // one less, the default, is half of a small machine
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'embedded',
          include: embeddedTests,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'docker',
          include: engineTests,
          globalSetup: 'tests/testbed/global-setup.ts',
          // Containers start and databases are compared here; a machine that is busy must not turn that into a failure.
          testTimeout: 120_000,
          hookTimeout: 300_000,
          // Each file runs servers of its own, so more of them at once than this only makes all of them slower.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
