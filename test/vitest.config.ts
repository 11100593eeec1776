import {defineConfig} from 'vitest/config'

/** Folders whose tests need real brokers; they run after the others. */
const withBrokers = ['test/integration/**/*.test.ts', 'test/faults/**/*.test.ts']

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    reporters: ['default', './test/second-tries.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What is waited for comes; on a busy machine it comes late.
    expect: {poll: {timeout: 20_000}},
    coverage: {include: ['src/**']},
    projects: [
      {
        extends: true,
        test: {name: 'unit', include: ['test/**/*.test.ts'], exclude: withBrokers},
      },
      {
        extends: true,
        test: {
          name: 'brokers',
          include: withBrokers,
          globalSetup: ['test/brokers/global-setup.ts'],
          // Two cores and several brokers at work on them: what is broken is broken twice. What needed it is said, and why.
          retry: 1,
          // They mostly wait: for brokers, timeouts, counts that lag. Brokers are shared, so nobody harms a shared one.
          maxWorkers: 2,
          maxConcurrency: 8,
          sequence: {groupOrder: 1},
          testTimeout: 120_000,
          // The first file may have to install a broker.
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
