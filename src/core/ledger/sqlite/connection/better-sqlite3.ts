/**
 * Loads better-sqlite3, once, when the first ledger is opened or created. Its version is compared with Node's before that: an incompatible pair ends the
 * process inside native code (exit 134 or 139), where nothing can be caught.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { cannotLoad, unusable } from '../../../native/cannot-load.ts';
import { installedFile } from '../../../native/installed-file.ts';
import { reinstallCommand } from '../../../native/reinstall-command.ts';
import { requireDriver } from './driver-module.ts';

export type Driver = typeof Database;

const NAME = 'better-sqlite3';
const USE_URI = 'SQLITE_USE_URI';
/** The Node-API version that better-sqlite3 13 is built for; 22.14 is the first Node 22 with it. Measured: 13.2.0 ends with a segmentation fault on 20.20 and on 22.13.1. */
const NODE_API_OF_13 = 10;
const NODE_OF_13 = '22.14';
/** Older versions can corrupt a WAL when two connections write and checkpoint at the same moment. */
const SQLITE_VERSION_MIN = [3, 51, 3] as const;

let loaded: Driver | undefined;

/** @throws LedgerError CANNOT_LOAD */
export function betterSqlite3(): Driver {
  loaded ??= loadDriver();
  return loaded;
}

/** The driver if it is loaded: an error that was thrown before is no error of SQLite. */
export function loadedBetterSqlite3(): Driver | undefined {
  return loaded;
}

function loadDriver(): Driver {
  const { version, directory } = installedPackage();
  checkPair(version);
  let driver: Driver;
  let sqlite: string;
  try {
    driver = requireDriver(version, directory);
    sqlite = withUris(() => sqliteVersion(driver));
  } catch (error) {
    throw cannotLoad({ name: NAME, version }, error);
  }
  checkSqlite(sqlite, version);
  return driver;
}

/**
 * The binary reads this variable once, when it is loaded: without URIs a ledger on read-only media cannot be opened (`immutable-file.ts`). A value that is set
 * is left as it is. Our own paths are absolute, so none is taken for a URI by its name.
 */
function withUris<Result>(work: () => Result): Result {
  // biome-ignore lint/style/noProcessEnv: the binary has no other switch
  const env = process.env;
  if (env[USE_URI] !== undefined) return work();
  env[USE_URI] = '1';
  try {
    return work();
  } finally {
    delete env[USE_URI];
  }
}

/** The binary itself is loaded with the first database. */
function sqliteVersion(driver: Driver): string {
  const db = new driver(':memory:');
  try {
    return db.prepare('SELECT sqlite_version()').pluck().get() as string;
  } finally {
    db.close();
  }
}

function checkSqlite(sqlite: string, version: string): void {
  const [major = 0, minor = 0, patch = 0] = sqlite.split('.').map(Number);
  const [majorMin, minorMin, patchMin] = SQLITE_VERSION_MIN;
  const isOlder = (major - majorMin || minor - minorMin || patch - patchMin) < 0;
  if (!isOlder) return;
  const fact = `has SQLite ${sqlite}, which can corrupt a ledger under concurrent writers: ${SQLITE_VERSION_MIN.join('.')} or later is needed`;
  throw unusable({ name: NAME, version }, fact, reinstallCommand());
}

function installedPackage(): { readonly version: string; readonly directory: string } {
  const description = `${NAME}/package.json`;
  try {
    const path = installedFile(description) ?? createRequire(import.meta.filename).resolve(description);
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
    return { version, directory: dirname(path) };
  } catch (error) {
    throw cannotLoad({ name: NAME, version: undefined }, error);
  }
}

/** Version 12 aborts 1 run in 3 on Node 24.19 and later, so it is used only where 13 cannot run. */
function checkPair(version: string): void {
  const { node, napi } = process.versions;
  const is13 = Number.parseInt(version, 10) >= 13;
  const runs13 = Number(napi) >= NODE_API_OF_13;
  if (is13 === runs13) return;
  const command = reinstallCommand();
  if (is13) {
    const hint = command === 'npm run setup' ? command : `with Node ${NODE_OF_13} or later: ${command}`;
    throw unusable({ name: NAME, version }, `needs Node ${NODE_OF_13} or later, and this is Node ${node}`, hint);
  }
  throw unusable(
    { name: NAME, version },
    `is for Node 20, and this is Node ${node}, which needs better-sqlite3 13.2`,
    command,
  );
}
