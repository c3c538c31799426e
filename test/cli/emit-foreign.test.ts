/** Inputs that are not plain JSON lines: compressed ones are read, others are named with the command that converts. */

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compress } from '../../src/core/native/zstd.ts';
import { runCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const LINES = Array.from({ length: 20_000 }, (_, nth) => `{"n":${nth},"x":"${(nth * 7919) % 104729}"}\n`).join('');

test.each([
  ['gzip', (text: string) => gzipSync(text)],
  ['zstd', (text: string) => compress(Buffer.from(text), 1)],
])('%s is read from files and pipes, of several members, and resumed', async (_, encode) => {
  const file = fileIn(
    tempDir(),
    'input',
    Buffer.concat([encode(LINES.slice(0, 100_000)), encode(LINES.slice(100_000))]),
  );
  const cut = fileIn(tempDir(), 'cut', Buffer.concat([encode(LINES)]).subarray(0, 40_000));

  const named = await newLedger();
  await succeed(['emit', '-l', named, file]);
  expect(await replayed(named)).toBe(LINES);

  const piped = await newLedger();
  const { code, stderr } = await runShell('cat "$INPUT" | completengine emit -l "$LEDGER"', {
    INPUT: file,
    LEDGER: piped,
  });
  expect(code, stderr).toBe(0);
  expect(await replayed(piped)).toBe(LINES);

  const resumed = await newLedger();
  expectFailure(await runCli(['emit', '-l', resumed, '--producer', 'in', cut]), 65, `${cut}: the `);
  const stored = await replayed(resumed);
  expect(LINES.startsWith(stored)).toBe(true);
  expect(stored.length).toBeGreaterThan(10_000);
  expect((await succeed(['emit', '-l', resumed, '--producer', 'in', file])).stderr).toContain(
    'taken before by this producer',
  );
  expect(await replayed(resumed)).toBe(LINES);

  const atomic = await newLedger();
  expectFailure(await runCli(['emit', '-l', atomic, '--atomic', cut]), 65, 'end early, after 40000 compressed bytes');
  expect(await replayed(atomic)).toBe('');
  await succeed(['emit', '-l', atomic, '--atomic', file]);
  expect(await replayed(atomic)).toBe(LINES);
});

test.each([
  ['[\n  {"a":1},\n  {"a":2}\n]\n', 'an array over lines, and not a JSON line each', "jq -c '.[]'"],
  ['[{"a":1},\n{"a":2}]\n', 'an array over lines', "jq -c '.[]'"],
  ['{\n  "a": 1\n}\n', 'JSON over several lines', 'jq -c .'],
  ['{"a":1,\n "b":2}\n', 'JSON over several lines', 'jq -c .'],
])('%j is named with the command that converts', async (input, name, command) => {
  const ledger = await newLedger();
  const file = fileIn(tempDir(), 'some file.json', input);
  const result = await runCli(['emit', '-l', ledger, file]);
  expectFailure(result, 65, `${file}: line 1, byte `);
  expect(result.stderr.toString()).toContain(name);
  const hint = `convert it: ${command} < '${file}' | completengine emit`;
  expect(result.stderr.toString()).toContain(hint);
  // the hint does what it says
  const { code } = await runShell(`${hint.replace('convert it: ', '')} -l "$LEDGER"`, { LEDGER: ledger });
  expect(code).toBe(0);
  expect((await replayed(ledger)).split('\n')[0]).toMatch(/^\{"a":1/);
});

test('a whole array in one line is an event', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '[{"a":1},{"a":2}]\n' });
  expect(await replayed(ledger)).toBe('[{"a":1},{"a":2}]\n');
});

test('UTF-16 is named, and nothing is stored', async () => {
  const ledger = await newLedger();
  const result = await runCli(['emit', '-l', ledger], { input: Buffer.from('\ufeff{"a":1}\n', 'utf16le') });
  expectFailure(result, 65, 'stdin is text in UTF-16, and not JSON lines in UTF-8');
  expect(result.stderr.toString()).toContain('iconv -f UTF-16 -t UTF-8 | completengine emit');
  expect(await replayed(ledger)).toBe('');
});
