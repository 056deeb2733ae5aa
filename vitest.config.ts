import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,main,renderer,e2e,resources}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Native modules and child processes behave as they do in the product only in real processes.
    pool: 'forks',
    reporters: ['default', ['json', { outputFile: 'out/test-report.json' }]],
  },
});
