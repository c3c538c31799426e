/** Texts of the library name options, and the command line shows its flags in their place. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inFlags, OPTION_FLAGS } from '../../src/cli/app/option-flags.ts';
import { runCli } from '../support/cli.ts';
import { failureOf, openEngine } from '../support/engines.ts';
import { expectFailure, newLedger } from '../support/ledger-cli.ts';

const CORE = join(import.meta.dirname, '../../src/core');
/** Commands that are typed as they stand: their flags belong to them. */
const COMMAND = /\b(?:completengine|mlr|nats stream edit|installCommand)\b.*/;
/** Options of Miller, of which its command is made, and a text that only helps. */
const OTHERS = /'--i[ct]sv|"--icsv|--implicit-csv-header|'see --format'/;

/** Lines of code of the library, without comments. */
const LINES = readdirSync(CORE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => readFileSync(join(CORE, file), 'utf8').split('\n'))
  .filter((line) => !/^\s*(?:\*|\/\*|\/\/)/.test(line));

test('no text of the library names a flag, but in a command', () => {
  const named = LINES.map((line) => line.replace(COMMAND, '')).filter(
    (line) => /['"` (]--[a-z]+/.test(line) && !OTHERS.test(line),
  );
  expect(named).toEqual([]);
});

test('each option that they name has a flag, and each flag is named', () => {
  const named = LINES.flatMap((line) =>
    [...line.matchAll(/(?<=['"`].*)\\?`([a-zA-Z]+)\\?`(?=.*['"`])/g)].map(([, name = '']) => name),
  );
  expect([...new Set(named)].filter((name) => !Object.hasOwn(OPTION_FLAGS, name))).toEqual([]);
  expect(Object.keys(OPTION_FLAGS).filter((name) => !named.includes(name))).toEqual([]);
});

test('an error is in the words of its reader, also in JSON', async () => {
  const engine = await openEngine();
  const error = await failureOf(() => engine.range({ from: 'start', fromSequence: 1 }), 'INVALID_ARGUMENT');
  expect(error.hint).toContain('one of `from` and `fromSequence` and');
  const ledger = await newLedger();
  const range = ['replay', '--from-sequence', '5', '--through-sequence', '4', '-l', ledger];
  expectFailure(await runCli(range), 2, '--from-sequence 5 is after --through-sequence 4');
  const { stdout } = await runCli(['archive', '--json', '-l', ledger]);
  expect(JSON.parse(stdout.toString()).error.hint).toBe('give --until, --through or --through-sequence, or --limit');
});

test('what is no option stays as it is', () => {
  expect(inFlags('`__proto__` `constructor` `from` `completengine inspect -v`')).toBe(
    '`__proto__` `constructor` --from `completengine inspect -v`',
  );
});
