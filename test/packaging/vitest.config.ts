import { defineConfig } from 'vitest/config';

/** The packaging test needs built packages and a package registry: it runs apart, after `pnpm build`. */
export default defineConfig({
  test: {
    include: ['test/packaging/*.test.ts'],
    reporters: ['default', './scripts/skip-reporter.mjs'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
