/**
 * Fetches a current nats-server for the tests that need one, and prints its path. The package comes from the newest suite of the Debian mirror that this
 * machine's own apt uses, through lists of its own, and is unpacked, not installed. Exits with 1 and one line where that is not possible.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../node_modules/.cache/nats-server/nats-server', import.meta.url));
const SUITE = 'sid';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

function run(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  } catch (error) {
    const reason = String(error.stderr ?? '').trim() || error.message;
    throw new Error(`${program}: ${reason.split('\n').at(-1)}`, { cause: error });
  }
}

/** The mirror from which apt installs Debian's own packages. */
function debianMirror() {
  const format = '$(ORIGIN)|$(COMPONENT)|$(SITE)';
  const targets = run('apt-get', 'indextargets', '--format', format, 'Created-By: Packages').split('\n');
  const main = targets.map((line) => line.split('|')).find(([origin, part]) => origin === 'Debian' && part === 'main');
  if (main === undefined) throw new Error('apt names no mirror of Debian here; run apt-get update first');
  return main[2];
}

function fetchServer(room) {
  const [sources, lists, cache] = ['sources', 'lists', 'cache'].map((name) => join(room, name));
  for (const directory of [sources, join(lists, 'partial'), join(cache, 'archives/partial')])
    mkdirSync(directory, { recursive: true });
  const source = { Types: 'deb', URIs: debianMirror(), Suites: SUITE, Components: 'main', 'Signed-By': KEYRING };
  const lines = Object.entries(source).map(([field, value]) => `${field}: ${value}\n`);
  writeFileSync(join(sources, 'newest.sources'), lines.join(''));
  const settings = [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${sources}`,
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Acquire::Languages=none',
    // the room is below a directory that apt's own user may not enter
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  run('apt-get', ...settings, '-qq', 'update');
  const archives = join(room, 'archives');
  mkdirSync(archives);
  execFileSync('apt-get', [...settings, '-qq', 'download', 'nats-server'], { cwd: archives, stdio: 'pipe' });
  const [archive] = readdirSync(archives).filter((file) => file.endsWith('.deb'));
  run('dpkg-deb', '-x', join(archives, archive), join(room, 'package'));
  return join(room, 'package/usr/sbin/nats-server');
}

if (!existsSync(PROGRAM)) {
  const room = mkdtempSync(join(tmpdir(), 'completengine-nats-server-'));
  try {
    const fetched = fetchServer(room);
    run(fetched, '--version');
    mkdirSync(dirname(PROGRAM), { recursive: true });
    // in two steps: the room may be on another file system, and nobody may find half a program
    run('cp', fetched, `${PROGRAM}.new`);
    renameSync(`${PROGRAM}.new`, PROGRAM);
  } catch (error) {
    process.stderr.write(`no current nats-server could be fetched, so its tests will be skipped: ${error.message}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}
if (process.exitCode === undefined) process.stdout.write(`${PROGRAM}\n`);
