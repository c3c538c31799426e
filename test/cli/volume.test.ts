/** Tests inputs large enough for the kernel and the writer thread: the same guarantees hold as for small ones. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finished, runCli, startCli } from '../support/cli.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectSoundLedger, type StoredEvent } from '../support/invariants.ts';
import { fileIn, newLedger, PLAIN } from '../support/ledger-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { ThreadCount } from '../support/thread-count.ts';
import { traced, wasKilled } from '../support/traced.ts';

/** Five chunks or more: the writer thread starts with the third. Of long lines in every run, because the oracle reads each event. */
const LINES = quick(16_000, 100_000);
const PAD = 'x'.repeat(quick(650, 150));
const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** Lines of one emitter, each with its number and a time; `skewMs`: offset of the emitter's clock. */
function linesOf(emitter: string, skewMs = 0): string[] {
  return Array.from(
    { length: LINES },
    (_, n) =>
      `{"emitter":"${emitter}","n":${n},"key":"k${n % 97}","time":${START_MS + n * 10 + skewMs},"pad":"${PAD}"}`,
  );
}

const largeLedger = (...initArgs: string[]) => newLedger('--routing', 'hash:key', '--time', 'time', ...initArgs);

function payloadsOf(events: readonly StoredEvent[], emitter: string): string[] {
  return events.map(({ payload }) => payload).filter((payload) => payload.startsWith(`{"emitter":"${emitter}"`));
}

const WAYS = [
  ['a pipe', 'cat "$INPUT" | completengine emit -q -l "$LEDGER"'],
  ['a file', 'completengine emit -q -l "$LEDGER" "$INPUT"'],
] as const;

test.each(WAYS.slice(0, quick(1, 2)))(
  'a large input through %s has one writer thread, its replay one reader thread, and small ones none',
  async (_, script) => {
    const lines = linesOf('one');
    const sizes: [number, number][] = [
      [100, 0],
      [LINES, 1],
    ];
    for (const [count, threads] of sizes) {
      const ledger = await largeLedger();
      const input = fileIn(tempDir(), 'input.jsonl', `${lines.slice(0, count).join('\n')}\n`);
      const [writing, reading] = [new ThreadCount(), new ThreadCount()];
      expect((await runShell(script, { ...writing.env, INPUT: input, LEDGER: ledger })).code).toBe(0);
      expect(writing.threads).toBe(threads);
      const replay = await runCli(['replay', '-q', '-l', ledger], { env: reading.env });
      expect(reading.threads).toBe(threads);
      expect(replay.stdout.toString() === `${lines.slice(0, count).join('\n')}\n`).toBe(true);
    }
  },
);

test('two emitters of large inputs, whose times interleave, each keep their order and lose nothing', async () => {
  const ledger = await largeLedger();
  const emitters = { one: linesOf('one'), two: linesOf('two', 5) };
  const results = await Promise.all(
    Object.values(emitters).map((lines) => runCli(['emit', '-l', ledger], { input: `${lines.join('\n')}\n` })),
  );
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  const events = await expectSoundLedger(ledger);
  expect(events.length).toBe(2 * LINES);
  for (const [emitter, lines] of Object.entries(emitters))
    expect(payloadsOf(events, emitter).join('\n') === lines.join('\n')).toBe(true);
});

test('a bad line deep in a large input stops there: all lines before it are committed, none after it', async () => {
  const ledger = await largeLedger();
  const lines = linesOf('one');
  const bad = LINES - 5000;
  const input = [...lines.slice(0, bad), '{"n":', ...lines.slice(bad)].join('\n');
  const { code, stderr } = await runCli(['emit', '-l', ledger], { input });
  expect(code).toBe(65);
  expect(stderr).toContain(`line ${bad + 1},`);
  const events = await expectSoundLedger(ledger);
  expect(events.map(({ payload }) => payload).join('\n') === lines.slice(0, bad).join('\n')).toBe(true);
});

test('--rejects skips bad lines throughout a large input', async () => {
  const ledger = await largeLedger();
  const lines = linesOf('one');
  const input = lines.map((line, n) => (n % 1000 === 7 ? `${line}!` : line)).join('\n');
  const { code } = await runCli(['emit', '-l', ledger, '--rejects', join(tempDir(), 'rejects.jsonl')], { input });
  expect(code).toBe(65);
  const events = await expectSoundLedger(ledger);
  const kept = lines.filter((_, n) => n % 1000 !== 7);
  expect(events.map(({ payload }) => payload).join('\n') === kept.join('\n')).toBe(true);
});

test('kill -9 in the middle of a large input leaves whole commits of its beginning', async (context) => {
  needs(context, ...STRACE_PROBE);
  const lines = linesOf('one');
  const input = fileIn(tempDir(), 'input.jsonl', `${lines.join('\n')}\n`);
  // write calls of the writer thread, which starts with the third chunk: two for a page of 16 KiB, some 300 for a commit and 1,500 or more for an input
  for (const nth of quick([1100], [400, 1100, 3000, 5000])) {
    const path = await largeLedger(...PLAIN);
    const count = new ThreadCount();
    const log = join(tempDir(), 'strace.log');
    const killed = await traced(
      log,
      'pwrite64',
      `signal=KILL:when=${nth}`,
      ['emit', '-l', path, input, input, input],
      count.env,
    );
    expect(wasKilled(killed), `at write ${nth}: it ended with ${killed.code}`).toBe(true);
    expect(count.threads).toBe(1);
    const events = await expectSoundLedger(path);
    expect(events.length).toBeGreaterThan(0);
    expect(events.length).toBeLessThan(3 * LINES);
    expect(
      events
        .slice(0, LINES)
        .map(({ payload }) => payload)
        .join('\n') === lines.slice(0, events.length).join('\n'),
    ).toBe(true);
  }
});

test('Ctrl-C in the middle of a large input finishes the commits in flight and reports how far it came', async () => {
  const ledger = await largeLedger();
  const child = startCli(['emit', '-l', ledger]);
  const result = finished(child);
  const piece = Buffer.from(
    `${linesOf('one')
      .slice(0, LINES / 4)
      .join('\n')}\n`,
  );
  for (let sent = 0; sent < 6; sent++)
    if (!child.stdin.write(piece)) await new Promise((resolve) => child.stdin.once('drain', resolve));
  child.kill('SIGINT');
  const { code, stderr } = await result;
  expect(code).toBe(130);
  const events = await expectSoundLedger(ledger);
  expect(stderr).toContain(`${events.length.toLocaleString('en')} events committed`);
});
