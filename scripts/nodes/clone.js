/** Copies the working tree as a fresh clone, and sets up, builds and packs it with the Node of the step. */

import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './environment.js';
import { expectThat, run } from './run.js';
import { ROOT, SAMPLE, WORK } from './settings.js';

export const CLONE = join(WORK, 'clone');
/** Files of a clone, without what commands and builds leave beside them. */
const FOLDERS = ['bench', 'bin', 'docs', 'fixtures', 'kernel', 'scripts', 'src', 'test'];
const ROOT_FILES = /^(\.npmrc|\.gitignore|LICENSE|.*\.(json|md|ts))$/;

export function makeClone() {
  mkdirSync(CLONE, { recursive: true, mode: 0o700 });
  for (const folder of FOLDERS) cpSync(join(ROOT, folder), join(CLONE, folder), { recursive: true });
  const files = readdirSync(ROOT, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && ROOT_FILES.test(entry.name),
  );
  for (const { name } of files) cpSync(join(ROOT, name), join(CLONE, name));
}

export function cloneEnvironment({ bin, headers }) {
  return environment([bin], { npm_config_nodedir: headers });
}

/** Runs the tour of the README: one command on a fresh clone. */
export function tour(node, npm) {
  const { out } = run(node.node, [npm.script, 'run', 'tour'], { cwd: CLONE, env: cloneEnvironment(node) });
  expectThat(
    out.includes('\nidentical\n') && out.includes('OK: 1,707 events'),
    `the tour prints something else:\n${out}`,
  );
}

export function sample(node) {
  run(node.node, ['node_modules/vitest/vitest.mjs', 'run', ...SAMPLE], { cwd: CLONE, env: cloneEnvironment(node) });
}

/** Packs the build of the tour. Returns the path of the tarball. */
export function pack(node, npm) {
  const { out } = run(node.node, [npm.script, 'pack', '--ignore-scripts', '--silent', '--pack-destination', WORK], {
    cwd: CLONE,
    env: cloneEnvironment(node),
  });
  return join(WORK, out.trim());
}

/** Runs this tree, whose native modules fit the Node of its setup, with another Node. `fact`: expected text after the name of better-sqlite3. */
export function refusedByOther(node, fact) {
  const { err } = run(node.node, ['bin/run.js', 'init', '-l', join(WORK, 'refused.codex')], {
    cwd: ROOT,
    env: environment([node.bin]),
    expected: 69,
  });
  const wanted = new RegExp(`^error: better-sqlite3 \\d+\\.\\d+\\.\\d+ ${fact}[^\\n]*\\n  try: npm run setup\\n$`);
  expectThat(wanted.test(err), `Node ${node.version} says: ${err}`);
}
