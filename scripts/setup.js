/** Installs the locked packages once, so that a fresh clone needs no separate command. Needs only Node and npm. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules/.completengine-setup');
const sqlite = join(root, 'node_modules/better-sqlite3');
/** better-sqlite3 13 needs Node-API 10, and crashes Node before 22.14 with a segmentation fault. This version is compiled here, and runs on Node 20. */
const SQLITE_OF_NODE_20 = '12.11.1';
const needsOldSqlite = Number(process.versions.napi) < 10;
/** Node before 22.15 has no zstd of its own, and takes this package instead, which is compiled here. */
const needsZstdPackage = typeof zlib.zstdCompressSync !== 'function';

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(process.version)
  .digest('hex');

/** Checks in a child process, which an incompatible binary can crash. */
function nativeModulesLoad() {
  const { version } = readPackage();
  if ((version === SQLITE_OF_NODE_20) !== needsOldSqlite) return false;
  const loads = ["new (require('better-sqlite3'))(':memory:').close()", "require('@napi-rs/blake-hash').blake3('')"];
  if (needsZstdPackage) loads.push("require('zstd-napi')");
  const program = loads.join('; ');
  return spawnSync(process.execPath, ['-e', program], { cwd: root }).status === 0;
}

function readPackage() {
  const file = join(sqlite, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

const loads = nativeModulesLoad();
const isReady = loads && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
if (!isReady) {
  // npm does not reinstall a package of the right version, even if its binary does not load
  if (!loads)
    for (const name of ['better-sqlite3', '@napi-rs', 'zstd-napi'])
      rmSync(join(root, 'node_modules', name), { recursive: true, force: true });
  // not `npm ci`: it requires the binaries of all platforms in the lock file, and a mirror may lack some
  const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const instead = needsOldSqlite ? [`better-sqlite3@${SQLITE_OF_NODE_20}`] : [];
  execFileSync('npm', ['install', ...flags, ...instead], {
    cwd: root,
    // where SQLite is compiled, with all cores: it takes most of the time of a fresh clone, and node-gyp uses one
    env: { JOBS: 'max', ...process.env },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (!nativeModulesLoad())
    throw new Error(
      `the native modules do not load on Node ${process.version}: run npm rebuild better-sqlite3 zstd-napi and read what it prints`,
    );
  writeFileSync(stamp, wanted);
}
