import { defineConfig } from 'vitest/config';

const source = ['@nanscope/source'];

/** One project: tests run from the TypeScript sources; only the command line that they start is built (test/build.ts). */
export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source, externalConditions: source } },
  test: {
    include: ['{packages,apps}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Needs built packages and a package registry: `pnpm test:packaging`.
    exclude: ['**/node_modules/**', 'test/packaging/**'],
    globalSetup: './test/build.ts',
    pool: 'forks',
    // Every core: most tests wait for processes of their own. The default leaves one idle, which is half of two.
    maxWorkers: '100%',
    reporters: ['default', './scripts/skip-reporter.mjs'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
