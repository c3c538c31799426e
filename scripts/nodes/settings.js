/** Settings of `npm run test:nodes`: versions, directories and tests. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Cache of fetched packages; it may be removed at any time. */
export const CACHE = join(ROOT, 'node_modules/.cache/nodes');
/** Working directory. Not below a node_modules, where compilers and test runners treat all code as third-party. */
export const WORK = mkdtempSync(join(tmpdir(), 'completengine-nodes-'));

/** Supported versions, each with its newest release. */
export const NODES = ['24', '22', '26'];
/** The newest version that is too old for better-sqlite3 13: it has Node-API 9. */
export const NODE_TOO_OLD = '22.13.1';

/** The newest of both, as most users have. */
export const PACKAGE_MANAGERS = ['npm@12', 'pnpm@latest'];

/** A sample of the tests, for everything that depends on Node: zstd, streams, threads, native modules, promises, processes, files. */
export const SAMPLE = [
  'test/core/native/zstd.property.test.ts',
  'test/core/emission/compressed-input.test.ts',
  'test/core/native/zstd-frames.property.test.ts',
  'test/core/round-trip.property.test.ts',
  'test/library/archive.test.ts',
  'test/library/compressed.test.ts',
  'test/library/emit.test.ts',
  'test/library/lifecycle.test.ts',
  'test/library/reading-thread.test.ts',
  'test/library/subscribe.test.ts',
  'test/library/writing-thread.test.ts',
  'test/cli/compile-cache.test.ts',
  'test/cli/guard.test.ts',
  'test/cli/native-modules.test.ts',
  'test/faults/maintenance.test.ts',
];

/** better-sqlite3 12 aborted a third of such runs on Node 24: 30 runs without an abort by chance are 5 in a million. */
export const PIPED_RUNS = 30;
