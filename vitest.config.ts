import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const alias = [
  { find: /^@nftproxier\/core$/, replacement: source('packages/core/src/index.ts') },
  { find: /^@nftproxier\/core\/testing$/, replacement: source('packages/core/src/testing.ts') },
  { find: /^@nftproxier\/nft$/, replacement: source('packages/nft/src/index.ts') },
  { find: /^@nftproxier\/nft\/testing$/, replacement: source('packages/nft/src/testing.ts') },
  { find: /^@nftproxier\/daemon\/reflector$/, replacement: source('packages/daemon/src/reflector/index.ts') },
];

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          // Some tests wait for real sockets and timers; on a shared machine they can be late once.
          retry: process.env['CI'] === 'true' ? 1 : 0,
          include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.{kernel,browser}.test.ts'],
          // Against a hang: nothing here asserts how long it takes, and a busy machine is slow.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          // The status page, in a real Chromium.
          name: 'browser',
          retry: process.env['CI'] === 'true' ? 1 : 0,
          include: ['test/**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'kernel',
          include: ['packages/*/test/**/*.kernel.test.ts', 'test/**/*.kernel.test.ts', 'examples/**/*.kernel.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          // Real packets and real processes: one file at a time, so that tests do not disturb each other's timing.
          fileParallelism: false,
          // Packets and processes can be late on a busy machine: what fails is tried once more, and must fail twice. Tests
          // that count failed connections are not: one is one too many.
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
