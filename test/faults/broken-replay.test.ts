/**
 * Fault model: somewhere in a large ledger a body, or a number beside it, is otherwise than it was committed: on the first page of a replay, or far
 * behind it, where another thread reads. It must never deliver an event of the broken commit as verified, nor withhold one before it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { wideLedgers, wideLine } from '../support/large-ledger.ts';
import { expectFailure, newLedger, succeed } from '../support/ledger-cli.ts';
import { rawCommits } from '../support/raw-ledger.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const LINES = quick(10_000, 15_000);
/** An event that the thread reads. */
const FAR_EVENT = quick(8750, 13_000);
/** A commit that a thread reads, after others of it. */
const FAR = quick(3, 5);
const PAGE_BYTES = 16384;
const largeLedger = wideLedgers(LINES);

const ALL_LINES = Array.from({ length: LINES }, (_, n) => `${wideLine(n + 1)}\n`);
const EVERYTHING = Buffer.from(ALL_LINES.join(''));

const replay = (ledger: string, determinism: 'strict' | 'relaxed') =>
  runCli(['replay', '-l', ledger, '--determinism', determinism]);

async function expectDeliversBefore(ledger: string, determinism: 'strict' | 'relaxed', commit: number): Promise<void> {
  const result = await replay(ledger, determinism);
  expectFailure(result, 3, `the commit at sequence ${commit} is corrupt`);
  const length = ALL_LINES.slice(0, commit - 1).reduce((sum, line) => sum + line.length, 0);
  // compared here, because a diff of megabytes helps nobody
  const isSame = result.stdout.equals(EVERYTHING.subarray(0, length));
  expect(isSame, `${result.stdout.length} bytes before sequence ${commit}`).toBe(true);
}

/** Rewrites what a frame of the commit has in a column, as a faulty disk would: past the engine, and with nothing else changed. */
function rewrite<Value>(ledger: string, commit: number, column: string, change: (value: Value) => Value): void {
  const db = new Database(ledger);
  try {
    const value = db
      .prepare<[number], Value>(`SELECT ${column} FROM p1 WHERE sequence = ?`)
      .pluck()
      .get(commit) as Value;
    expect(db.prepare(`UPDATE p1 SET ${column} = ? WHERE sequence = ?`).run(change(value), commit).changes).toBe(1);
  } finally {
    db.close();
  }
}

/** The body with one bit flipped behind the first place where the text stands in its second half. */
function flippedBehind(body: Buffer, text: string, bit: number): Buffer {
  const at = body.indexOf(text, body.length / 2) + text.length;
  const flipped = Buffer.from(body);
  flipped[at] = (flipped[at] as number) ^ (1 << bit);
  return flipped;
}

/** A ledger, and where its commits at these places begin; the first one fills the first page. */
async function ledgerAndCommits(...places: number[]): Promise<{ ledger: string; commits: number[] }> {
  const ledger = await largeLedger();
  const firsts = rawCommits(ledger).map(({ first_sequence: first }) => first);
  expect(firsts.length).toBeGreaterThanOrEqual(FAR + 2);
  return { ledger, commits: places.map((at) => firsts.at(at) as number) };
}

it('a bit of a payload: strict replay ends before the commit, relaxed replay delivers everything and reports that it did not verify', async () => {
  const { ledger, commits } = await ledgerAndCommits(0, 1, FAR, -1);
  // from the last to the first: the first broken commit is the one that counts
  for (const commit of commits.toReversed()) {
    rewrite<Buffer>(ledger, commit, 'body', (body) => flippedBehind(body, '"pad":"', 0));
    await expectDeliversBefore(ledger, 'strict', commit);
  }
  const { code, stdout, stderr } = await replay(ledger, 'relaxed');
  expect(code).toBe(0);
  expect(stderr).toContain('; not verified;');
  expect(stdout.length).toBe(EVERYTHING.length);
  const delivered = stdout.toString().split('\n');
  const changed = delivered.filter((line, n) => n < LINES && line !== wideLine(n + 1));
  expect(changed).toHaveLength(commits.length);
  expect(changed.every((line) => line.includes('"pad":"yx'))).toBe(true);
});

it.each([
  ['between two events of a body', 'body', (body: Buffer) => flippedBehind(body, '"}]', 1)],
  ['in the sequence of an event', 'body', (body: Buffer) => flippedBehind(body, '"}],\n[', 4)],
  ['of a body, which ends early', 'body', (body: Buffer) => body.subarray(0, body.length / 2)],
  ['of a count, which is negative then', 'count', (count: number) => -count],
  ['of a count, which is enormous then', 'count', (count: number) => count + 2 ** 40],
  ['of a count, which is none then', 'count', () => 0],
])(
  'a change %s: no replay delivers an event of the commit, verified or not, and each delivers all before it',
  async (_, column, change) => {
    const { ledger, commits } = await ledgerAndCommits(0, FAR);
    for (const commit of commits.toReversed()) {
      rewrite(ledger, commit, column, change as (value: unknown) => unknown);
      await expectDeliversBefore(ledger, 'relaxed', commit);
    }
    await expectDeliversBefore(ledger, 'strict', commits[0] as number);
  },
);

it('a bit in the file itself, while nobody has it open', async () => {
  for (const n of [1000, FAR_EVENT, LINES - 5]) {
    const ledger = await largeLedger();
    const bytes = readFileSync(ledger);
    const at = bytes.indexOf(`{"n":${n},`);
    expect(at).toBeGreaterThan(0);
    bytes[at + 6] = (bytes[at + 6] as number) ^ 1;
    writeFileSync(ledger, bytes);
    const commit = rawCommits(ledger).findLast(({ first_sequence: first }) => first <= n)?.first_sequence as number;
    await expectDeliversBefore(ledger, 'strict', commit);
    const relaxed = await replay(ledger, 'relaxed');
    expect(relaxed.code).toBe(0);
    expect(relaxed.stderr).toContain('; not verified;');
    expect(relaxed.stdout.length).toBe(EVERYTHING.length);
    expect(relaxed.stdout.equals(EVERYTHING)).toBe(false);
  }
});

it('a page that SQLite cannot follow: the commit is named by each replay and by inspect --verify, and all before it is delivered', async () => {
  const ledger = await largeLedger();
  const bytes = readFileSync(ledger);
  for (const n of [FAR_EVENT, 1000]) {
    const page = Math.floor(bytes.indexOf(`{"n":${n},`) / PAGE_BYTES) * PAGE_BYTES;
    expect(page).toBeGreaterThan(0);
    const commit = rawCommits(ledger).findLast(({ first_sequence: first }) => first <= n)?.first_sequence as number;
    const damaged = join(tempDir(), 'damaged.codex');
    writeFileSync(damaged, Buffer.from(bytes).fill(0xff, page, page + PAGE_BYTES));
    for (const determinism of ['strict', 'relaxed'] as const) await expectDeliversBefore(damaged, determinism, commit);
    const verified = await runCli(['inspect', '--verify', '-l', damaged]);
    expectFailure(verified, 3, `the commit at sequence ${commit} is corrupt: the file is damaged there`);
    expect(verified.stderr).not.toContain('try: see how far');
  }
});

it.each(['strict', 'relaxed'] as const)(
  'a command is given what stands before a body that cannot be cut, %s',
  async (determinism) => {
    const ledger = await newLedger('--partitions', '2', '--routing', 'manual:to');
    for (let n = 1; n <= 7; n++) await succeed(['emit', '-q', '-l', ledger], { input: `{"to":"p1","n":${n}}\n` });
    rewrite<Buffer>(ledger, 6, 'body', (body) => flippedBehind(body, '6}', 1));
    const result = await runCli(['replay', '-l', ledger, '--determinism', determinism, '--exec', 'cat']);
    expectFailure(result, 3, 'the commit at sequence 6 is corrupt');
    expect(result.stdout.toString()).toBe([1, 2, 3, 4, 5].map((n) => `{"to":"p1","n":${n}}\n`).join(''));
  },
);

it('a row of commits that is missing ends every replay after what comes before it, and names it', async () => {
  const ledger = await newLedger('--partitions', '1');
  for (let n = 1; n <= 3; n++) await succeed(['emit', '-q', '-l', ledger], { input: `{"n":${n}}\n` });
  const db = new Database(ledger);
  expect(db.prepare('DELETE FROM commits WHERE first_sequence = 2').run().changes).toBe(1);
  db.close();
  const copy = await newLedger();
  const events = {
    '{"n":1}\n': [[], ['--determinism', 'relaxed'], ['--exec', 'cat']],
    '': [
      ['--from-sequence', '2'],
      ['--into', copy],
    ],
  };
  for (const [stdout, runs] of Object.entries(events)) {
    for (const args of runs) {
      const result = await runCli(['replay', '-l', ledger, ...args]);
      expectFailure(result, 3, 'the commit at sequence 2 is corrupt: it is missing');
      expect(result.stdout.toString(), args.join(' ')).toBe(stdout);
    }
  }
  expect(rawCommits(copy)).toMatchObject([{ first_sequence: 1, count: 1 }]);
});
