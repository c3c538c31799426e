/** Requires better-sqlite3. The bundles of the command line have another module in place of this one (`scripts/bundled-sqlite.js`), which does the same sooner. */

import { createRequire } from 'node:module';
import type Database from 'better-sqlite3';

/** Of the package as it is installed. */
export function requireDriver(_version: string, _directory: string): typeof Database {
  return createRequire(import.meta.filename)('better-sqlite3') as typeof Database;
}
