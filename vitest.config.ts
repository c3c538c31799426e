import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // two cores: files run beside each other, and each file's tests one after the other
    maxWorkers: 2,
    reporters: ['default'],
  },
});
