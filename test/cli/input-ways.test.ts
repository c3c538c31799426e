/** Tests that every kind of input, in any pieces, gives the same events, rejects and line numbers: pipe, socket and file. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awkwardInput } from '../support/awkward-input.ts';
import { spawnCli } from '../support/cli.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { fileIn, newLedger, parseLines, type Reject, succeed } from '../support/ledger-cli.ts';
import { rawCommits } from '../support/raw-ledger.ts';
import { runShell } from '../support/shell.ts';
import { runTraced } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

/** Writes the file to standard output in pieces of these sizes, with a pause after each. */
const TRICKLE = `
  const { readFileSync, writeSync } = require('node:fs');
  const bytes = readFileSync(process.env.INPUT);
  const sizes = [1, 65535, 65536, 65537, 3, 700000, 65536, 2097151, 2, 131072];
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let at = 0, nth = 0; at < bytes.length; nth++) {
    for (const end = Math.min(bytes.length, at + sizes[nth % sizes.length]); at < end; ) at += writeSync(1, bytes, at, end - at);
    Atomics.wait(pause, 0, 0, nth % 5);
  }`;

const WAYS = [
  ['a pipe', 'cat "$INPUT" | completengine emit -q -l "$LEDGER" $MORE'],
  ['a pipe that trickles', `"$NODE" -e "$TRICKLE" | completengine emit -q -l "$LEDGER" $MORE`],
  ['a file that is named', 'completengine emit -q -l "$LEDGER" $MORE "$INPUT"'],
  ['a file on standard input', 'completengine emit -q -l "$LEDGER" $MORE < "$INPUT"'],
] as const;

/** Emits the input in one of the ways and replays it. */
async function throughShell(
  script: string,
  input: string,
  ledger: string,
  more = '',
): Promise<{ code: number | null; replayed: Buffer }> {
  const variables = { INPUT: input, LEDGER: ledger, MORE: more, NODE: process.execPath, TRICKLE };
  const { code, stderr } = await runShell(script, variables);
  expect(stderr).not.toContain('error:');
  return { code, replayed: (await succeed(['replay', '-q', '-l', ledger])).stdout };
}

describe('lines that end at the boundaries of reads', () => {
  const { bytes, payloads, rejects } = awkwardInput();
  const expected = Buffer.from(`${payloads.join('\n')}\n`);

  async function expectTaken(emit: (ledger: string, rejects: string) => Promise<number | null>): Promise<void> {
    const ledger = await newLedger();
    const kept = join(tempDir(), 'rejects.jsonl');
    expect(await emit(ledger, kept)).toBe(65);
    const { stdout } = await succeed(['replay', '-q', '-l', ledger]);
    expect(stdout.equals(expected), `${stdout.length} of ${expected.length} bytes`).toBe(true);
    expect(parseLines<Reject>(readFileSync(kept)).map(({ line, reason }) => ({ line, reason }))).toEqual(rejects);
  }

  test.each(WAYS)('arrive complete through %s', async (_, script) => {
    const input = fileIn(tempDir(), 'input.jsonl', bytes);
    await expectTaken(async (ledger, kept) => (await throughShell(script, input, ledger, `--rejects ${kept}`)).code);
  });

  test('arrive complete through a socket', async () => {
    await expectTaken(
      async (ledger, kept) => (await spawnCli(['emit', '-q', '-l', ledger, '--rejects', kept], { input: bytes })).code,
    );
  });
});

test.each([
  ['a file that is named', 'completengine emit -q -l "$LEDGER" "$INPUT"'],
  ['a file on standard input', 'completengine emit -q -l "$LEDGER" < "$INPUT"'],
  ['a file that goes in as a whole', 'completengine emit -q -l "$LEDGER" --atomic "$INPUT"'],
])('%s and is below 2 MiB becomes one commit, even without a final newline', async (_, script) => {
  const ledger = await newLedger();
  const lines = Array.from({ length: 3000 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(660)}"}`).join('\n');
  expect(lines.length).toBeGreaterThan(2_000_000);
  const { replayed } = await throughShell(script, fileIn(tempDir(), 'input.jsonl', lines), ledger);
  expect(replayed.equals(Buffer.from(`${lines}\n`))).toBe(true);
  expect(rawCommits(ledger)).toMatchObject([{ first_sequence: 1, count: 3000 }]);
});

test('a file on standard input is read from its current position', async () => {
  const ledger = await newLedger();
  const input = fileIn(tempDir(), 'input.jsonl', 'read by the shell\n1\n2\n');
  await throughShell('{ read -r _; completengine emit -q -l "$LEDGER"; } < "$INPUT"', input, ledger);
  expect((await succeed(['replay', '-q', '-l', ledger])).stdout.toString()).toBe('1\n2\n');
});

/** A chunk of two mebibytes has a million of them. */
const SHORT_LINES = quick(1_100_000, 2_000_000);

test.each(WAYS.filter(([way]) => way !== 'a pipe that trickles').slice(0, quick(2, 3)))(
  'more lines of one byte than a chunk has arrive through %s',
  async (_, script) => {
    const lines = Buffer.from('1\n7\n0\n5\n'.repeat(SHORT_LINES / 4));
    const { code, replayed } = await throughShell(script, fileIn(tempDir(), 'input.jsonl', lines), await newLedger());
    expect(code).toBe(0);
    expect(replayed.equals(lines)).toBe(true);
  },
);

const SIXTEEN_MEBIBYTES = 16 * 1024 * 1024;

test.each(WAYS.slice(0, quick(1, WAYS.length)))(
  'lines of sixteen mebibytes among others arrive through %s, and one byte more is too long',
  async (_, script) => {
    const longest = `"${'z'.repeat(SIXTEEN_MEBIBYTES - 2)}"`;
    const others = Array.from({ length: 20_000 }, (_, n) => `{"n":${n}}`).join('\n');
    const good = [others, longest, '1', longest, others];
    const ledger = await newLedger('--max-line', String(SIXTEEN_MEBIBYTES));
    const input = fileIn(
      tempDir(),
      'input.jsonl',
      `${good.slice(0, 3).join('\n')}\n"z${longest.slice(1)}\n${good.slice(3).join('\n')}\n`,
    );
    const kept = join(tempDir(), 'rejects.jsonl');
    const { code, replayed } = await throughShell(script, input, ledger, `--rejects ${kept}`);
    expect(code).toBe(65);
    expect(replayed.equals(Buffer.from(`${good.join('\n')}\n`))).toBe(true);
    expect(parseLines<Reject>(readFileSync(kept)).map(({ line, reason }) => ({ line, reason }))).toEqual([
      { line: 20_003, reason: `longer than ${SIXTEEN_MEBIBYTES} bytes (--max-line)` },
    ]);
  },
);

test('a file is opened once where no bar is shown', async (context) => {
  needs(context, ...STRACE_PROBE);
  const file = fileIn(tempDir(), 'once.jsonl', '1\n2\n');
  const { code, calls } = await runTraced(['openat'], [], ['emit', '-l', await newLedger(), file]);
  expect(code).toBe(0);
  expect(calls.filter(({ text }) => text.includes(`"${file}"`))).toHaveLength(1);
});
