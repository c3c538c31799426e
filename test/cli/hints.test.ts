/** Commands in hints name the ledger that the command line named: pasted, they do not go to the default one. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hintText, noteLedger, onNamedLedger } from '../../src/cli/app/hints.ts';
import { runCli } from '../support/cli.ts';
import { fileIn, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const SOURCE = join(import.meta.dirname, '../../src');

afterEach(() => noteLedger([]));

test.each([
  ['completengine emit', 'completengine emit --ledger o.codex'],
  ["jq -c '.[]' < a.json | completengine emit", "jq -c '.[]' < a.json | completengine emit --ledger o.codex"],
  ['list them with: completengine partition', 'list them with: completengine partition --ledger o.codex'],
  ['completengine group reset g --from end', 'completengine group reset --ledger o.codex g --from end'],
  ['completengine group show delete', 'completengine group show --ledger o.codex delete'],
  ['completengine partition explain KEY', 'completengine partition explain --ledger o.codex KEY'],
  [
    'completengine replay -q -l other.codex | completengine emit',
    'completengine replay -q -l other.codex | completengine emit --ledger o.codex',
  ],
  [
    'completengine replay RANGE --into FILE, then tail --group NAME -l FILE',
    'completengine replay --ledger o.codex RANGE --into FILE, then tail --group NAME -l FILE',
  ],
  [
    'completengine tail, or completengine tail --help',
    'completengine tail --ledger o.codex, or completengine tail --help',
  ],
  ['make one: completengine init', 'make one: completengine init'],
  ['completengine diff A B: both are arguments', 'completengine diff A B: both are arguments'],
  ["mlr cat < 'completengine emit'", "mlr cat < 'completengine emit'"],
  ['completengine groups', 'completengine groups'],
])('%s', (hint, completed) => {
  noteLedger(['-l', 'o.codex']);
  expect(onNamedLedger(hint)).toBe(completed);
  expect(onNamedLedger(completed), 'once').toBe(completed);
  noteLedger([]);
  expect(onNamedLedger(hint), 'the default ledger').toBe(hint);
});

test('the ledger is a word of the shell, and shows no password', () => {
  noteLedger(["--ledger=it's here.codex"]);
  expect(onNamedLedger('completengine emit')).toBe(`completengine emit --ledger 'it'\\''s here.codex'`);
  noteLedger(['-l', 'nats://me:secret@host/orders']);
  expect(onNamedLedger('completengine emit')).toBe('completengine emit --ledger nats://host/orders');
});

/** Commands that hints name, in all of the code: pieces in braces are values. */
const NAMED = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => readFileSync(join(SOURCE, file), 'utf8').split('\n'))
  .filter((line) => !/^\s*(?:\*|\/\*|\/\/)/.test(line))
  .flatMap(
    (line) =>
      line.match(/completengine (?:archive|backup|compact|emit|group|inspect|partition|replay|tail)\b.*/g) ?? [],
  );

test('every command on a ledger that the code names is completed', () => {
  noteLedger(['-l', 'o.codex']);
  expect(NAMED.length).toBeGreaterThan(30);
  const bare = NAMED.map(onNamedLedger).filter((line) => !/ (?:--ledger|-l) /.test(line) && !line.includes('--help'));
  expect(bare).toEqual([]);
});

test.each([
  ['an array over lines', '[\n{"a":1},\n{"a":2}\n]\n'],
  ['JSON over several lines', '{\n"a":1\n}\n{\n"a":2\n}\n'],
  ['several values in a line', '{"a":1} {"a":2}\n'],
])('the hint for %s is pasted, and stores the events in the same ledger', async (_, text) => {
  const directory = tempDir();
  const input = fileIn(directory, "it's.json", text);
  const ledger = join(directory, 'o $1.codex');
  await succeed(['init', '-l', ledger]);
  const refused = await runCli(['emit', '-l', ledger, input]);
  const [, command = ''] = /try: convert it: (.*)$/m.exec(refused.stderr.toString()) ?? [];
  const pasted = await runShell(`cd "$DIRECTORY" && ${command}`, { DIRECTORY: directory });
  expect(pasted.code, pasted.stderr.toString()).toBe(0);
  expect(await replayed(ledger)).toBe('{"a":1}\n{"a":2}\n');
  expect(existsSync(join(directory, 'events.codex'))).toBe(false);
});

test('a missing group and a missing partition hint at lists of the same ledger', async () => {
  const ledger = await newLedger();
  const group = await runCli(['group', 'show', 'nobody', '-l', ledger, '--json']);
  expect(JSON.parse(group.stdout.toString()).error.hint).toBe(
    `list the groups with: completengine group --ledger ${ledger}`,
  );
  const skip = await runCli(['group', 'show', '-l', ledger]);
  expect(skip.stderr.toString()).toContain(`completengine group show --ledger ${ledger} GROUP`);
});

test('the summary of emit names a ledger that is not the default', async () => {
  const ledger = await newLedger();
  const named = await runCli(['emit', '-l', ledger], { input: '1\n' });
  expect(named.stderr.toString()).toContain(`; ledger ${ledger}\n`);
});

test('an error about another ledger than the named one has the other one in its commands', () => {
  const hint = 'find the first bad commit: completengine inspect --verify';
  const other = join(tempDir(), 'other.codex');
  expect(hintText(hint, 'DAMAGED_LEDGER', other)).toBe(
    `find the first bad commit: completengine inspect --ledger ${other} --verify`,
  );
  noteLedger(['-l', 'o.codex']);
  expect(hintText(hint, 'DAMAGED_LEDGER', other)).toContain(`--ledger ${other} `);
  expect(hintText(hint, 'DAMAGED_LEDGER', join(process.cwd(), 'o.codex')), 'spelled as it was').toContain(
    '--ledger o.codex ',
  );
  expect(hintText(hint, 'VERIFICATION_FAILED', other)).toContain(`--ledger ${other} `);
  expect(hintText(hint, 'CANNOT_CREATE', other), 'a path that is no ledger').toContain('--ledger o.codex ');
  noteLedger([]);
  expect(hintText(hint, 'DAMAGED_LEDGER', join(process.cwd(), 'events.codex')), 'the default ledger').toBe(hint);
});
