/** Two suites: `unit` needs nothing; `lab` runs inside a kernel that test/lab/boot.ts has picked. */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'node_modules/**', 'dist/**'],
    // Properties run hundreds of cases, on machines that do much else meanwhile.
    testTimeout: 60_000,
  },
});

export default config;
