/** Installs what the lock file names, once: a fresh clone needs no command of its own for it. Runs on Node alone. */

import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules/.completengine-setup');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(process.version)
  .digest('hex');

const isReady = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
if (!isReady) {
  // not `npm ci`: it insists that the lock file names the binaries of every platform there is, and a mirror may not have them all
  execSync('npm install --no-save --no-audit --no-fund', { cwd: root, stdio: ['ignore', 2, 2] });
  writeFileSync(stamp, wanted);
}
