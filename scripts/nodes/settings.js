/** What `npm run test:nodes` runs on, and with. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What is fetched, kept from one run to the next; it may be removed at any time. */
export const CACHE = join(ROOT, 'node_modules/.cache/nodes');
/** What is made of it. Not below a node_modules: compilers and test runners treat what lies there as the code of others. */
export const WORK = mkdtempSync(join(tmpdir(), 'completengine-nodes-'));

/** Supported, each in its newest release. */
export const NODES = ['24', '22', '26'];
/** The last one that is too old for better-sqlite3 13: it has Node-API 9. */
export const NODE_TOO_OLD = '22.13.1';

/** The newest of both, as most people have them who install the command. */
export const PACKAGE_MANAGERS = ['npm@12', 'pnpm@latest'];

/** A small part of the tests, each of another thing that depends on Node: streams, threads, native modules, promises, processes. */
export const SAMPLE = [
  'test/core/round-trip.property.test.ts',
  'test/library/emit.test.ts',
  'test/library/lifecycle.test.ts',
  'test/library/reading-thread.test.ts',
  'test/library/subscribe.test.ts',
  'test/library/writing-thread.test.ts',
  'test/cli/compile-cache.test.ts',
  'test/cli/guard.test.ts',
  'test/cli/native-modules.test.ts',
];

/** better-sqlite3 12 aborted a third of such runs on Node 24: 30 in a row without that are no luck (5 in a million). */
export const PIPED_RUNS = 30;
