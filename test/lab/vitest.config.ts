/** The lab's suite: it runs on a kernel that boot.ts has picked. One process, in order. */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/lab/**/*.test.ts'],
    setupFiles: ['test/lab/evidence.ts'],
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

export default config;
