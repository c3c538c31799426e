/**
 * Writes the kept outputs in fixtures/ledgers again: after a change of an output that is meant. With `ledgers` it also makes the ledgers again,
 * which only a new format needs; a path of another version's bin/run.js after it makes them with that version.
 */

import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [what = 'outputs', program] = process.argv.slice(2);
if (what !== 'outputs' && what !== 'ledgers') {
  console.error('usage: npm run fixtures [outputs | ledgers [PATH OF bin/run.js]]');
  process.exit(2);
}
const env = { ...process.env, COMPLETENGINE_FIXTURES: what };
if (program !== undefined) env.COMPLETENGINE_FIXTURES_PROGRAM = resolve(program);
const { status } = spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', 'test/formats'], {
  cwd: root,
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
