import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['scripts/require-build.mjs', 'test/own-cache.ts'],
    // A fault in native code ends one process, and with it one file's tests.
    pool: 'forks',
    // Tests measure deadlines and the event loop's delay, which another file's tests on the same cores would distort.
    fileParallelism: false,
    // Of those that say that they run side by side, as they start programs and measure nothing.
    maxConcurrency: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The built package runs as users run it, untouched by a bundler.
    server: { deps: { external: [/\/dist\//] } },
  },
})
