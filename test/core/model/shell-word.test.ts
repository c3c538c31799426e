import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeForTerminal } from '../../../src/cli/terminal/escape.ts';
import { shellFlag, shellWord } from '../../../src/core/model/text/shell-word.ts';

/** What bash makes of the words of a command line. */
function wordsOf(line: string): string[] {
  return execFileSync('bash', ['--norc', '-c', `printf '%s\\0' ${line}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
  })
    .split('\0')
    .slice(0, -1);
}

const AWKWARD = [
  "it's",
  'a b',
  '$HOME',
  '`x`',
  '"',
  '',
  '~',
  '*',
  '!1',
  '\\',
  "\\'",
  'a\nb',
  '\x1b[2J',
  'tab\there',
  '\u202eelif',
  '\u009b',
  "\x07'7",
  'ü/Ölfass',
  '#',
  '=ls',
  '-l',
  '&',
];

test('a shell reads each word back, and a terminal obeys none', () => {
  const words = [...AWKWARD, ...fc.sample(fc.string({ unit: 'grapheme-composite' }), 300)].filter(
    (word) => !word.includes('\0'),
  );
  const quoted = words.map(shellWord);
  expect(wordsOf(quoted.join(' '))).toEqual(words);
  expect(quoted.map(escapeForTerminal)).toEqual(quoted);
});

test('what needs no quotes has none', () => {
  expect(
    ['/var/lib/events.codex', 'a-b_c.d', '2026-04-12T09:00:00Z', '50%', 'hash:tenant'].map(shellWord).join(' '),
  ).toBe('/var/lib/events.codex a-b_c.d 2026-04-12T09:00:00Z 50% hash:tenant');
});

test('a value that begins with a hyphen stays that of its flag', () => {
  expect([shellFlag('from', '-2h'), shellFlag('where', '-a b'), shellFlag('ledger', 'my ledger')]).toEqual([
    '--from=-2h',
    "--where='-a b'",
    "--ledger 'my ledger'",
  ]);
});
