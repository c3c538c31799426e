/** Tests that untrusted file names are escaped for the terminal, also in JSON. */

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeJson } from '../../src/cli/app/safe-json.ts';
import { anyCharacter } from '../support/any-character.ts';
import { runCli } from '../support/cli.ts';
import { expectFailure, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test('JSON is the same value without a character that a terminal could obey', () => {
  const awkward = fc.constantFrom('\u009b31m', '\u202e', '\u2028', '\u{e0041}', '\u007f', '\u001b]0;x\u0007', '\ud800');
  const text = fc.array(fc.oneof(fc.string({ unit: anyCharacter }), awkward)).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.dictionary(text, text), (value) => {
      expect(JSON.parse(safeJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(JSON.parse(safeJson(value, 2))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(safeJson(value)).not.toMatch(UNSAFE);
    }),
  );
});

test('init, inspect, emit and errors show the ledger name escaped, as text and as JSON', async () => {
  const name = 'a\u009b31m\u202eb\u001b]0;x\u0007.codex';
  const ledger = join(tempDir(), name);
  const shown = 'a\\x9b31m\\u{202e}b\\x1b]0;x\\x07.codex';
  const lines = (text: string): string[] => text.split('\n');
  const init = await succeed(['init', '-l', ledger]);
  expect(init.stdout.toString()).toContain(shown);
  const documents = [
    await succeed(['inspect', '--json', '-l', ledger]),
    await runCli(['init', '--json', '-l', ledger]),
  ];
  for (const { stdout } of documents) {
    const text = stdout.toString();
    expect(text).toContain('a\\u009b31m\\u202eb');
    for (const line of lines(text)) expect(line).not.toMatch(UNSAFE);
  }
  expect(JSON.parse(documents[0]?.stdout.toString() ?? '').path).toBe(ledger);
  expectFailure(await runCli(['init', '-l', ledger]), 73, shown);
});
