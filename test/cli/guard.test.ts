/** Tests every abnormal end of a process: each prints one line with the cause, and has an exit code of the table. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BIN } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const PLANT = new URL('../support/planted-main.js', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it.each([
  [
    'never',
    /^error: this is a bug in completengine: Error: the run stopped before its end: the event loop is empty at /,
  ],
  ['uncaught exception', /^error: this is a bug in completengine: RangeError: planted\\x1b\[31m at /],
  ['unhandled rejection', /^error: this is a bug in completengine: TypeError: planted\\x1b\[31m at /],
  ['not an error', /^error: this is a bug in completengine: Error: undefined at /],
  ['exit', /^error: this is a bug in completengine: the process exits with 0 in the middle of the run$/],
])('an end by "%s" is named', (ending, line) => {
  const env = { ...process.env, COMPLETENGINE_TEST_END: ending };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', PLANT, BIN, 'emit'], {
    env,
    encoding: 'utf8',
  });
  expect(stdout, stderr).toBe('planted\n');
  expect(status, stderr).toBe(1);
  const [first, ...rest] = stderr.trimEnd().split('\n');
  expect(first).toMatch(line);
  expect(
    rest.every((each) => each.startsWith('  try: ')),
    stderr,
  ).toBe(true);
});

it('a clone that is not built prints the command to run', () => {
  const directory = tempDir();
  mkdirSync(join(directory, 'bin'));
  cpSync(join(ROOT, 'bin'), join(directory, 'bin'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
  const { status, stderr } = spawnSync(process.execPath, [join(directory, 'bin/run.js'), 'init'], { encoding: 'utf8' });
  expect(status).toBe(69);
  expect(stderr).toMatch(
    /^error: completengine is not built here\n {2}try: cd '[^']+' && npm run setup && npm run build\n$/,
  );
});
