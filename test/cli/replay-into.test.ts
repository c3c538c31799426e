import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { asLines, earthquakes } from '../support/earthquakes.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { earthquakeLedger, expectFailure, newLedger, PLAIN, replayed, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { traced, wasKilled } from '../support/traced.ts';

async function digestOf(ledger: string): Promise<string> {
  return JSON.parse((await succeed(['replay', '--json', '-l', ledger])).stderr).digest;
}

async function eventsIn(ledger: string): Promise<number> {
  return JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).events;
}

/** About twenty megabytes, forty in a soak: many commits, and enough for the writer thread. */
const LARGE = quick(28_000, 200_000);

async function largeLedger(...initArgs: string[]): Promise<string> {
  const ledger = await newLedger('--routing', 'hash:k', '--time', 'at', ...initArgs);
  const pad = 'x'.repeat(quick(680, 150));
  const lines = Array.from(
    { length: LARGE },
    (_, n) => `{"k":${n % 97},"at":${1_700_000_000_000 + n},"pad":"${pad}"}\n`,
  );
  await succeed(['emit', '-q', '-l', ledger], { input: lines.join('') });
  return ledger;
}

test('a missing ledger is created with the settings of the source', async () => {
  const source = await earthquakeLedger();
  const into = join(tempDir(), 'copy.codex');
  const { stderr } = await succeed(['replay', '--into', into, '-l', source]);
  expect(stderr).toMatch(/^1,707 events .*; digest [0-9a-f]{64}; target head 1707:[0-9a-f]{64}\n$/);
  expect(storedEvents(into)).toEqual(storedEvents(source));
  const [one, other] = [source, into].map(async (ledger) =>
    JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()),
  );
  expect((await other).config).toEqual((await one).config);
  expect((await succeed(['replay', '--into', into, '-l', source])).stderr).toBe(
    'nothing new: the target is complete through sequence 1707\n',
  );
});

test('an empty file, as left by a killed creation, becomes a ledger with the settings of the source', async () => {
  const source = await earthquakeLedger();
  const into = join(tempDir(), 'copy.codex');
  writeFileSync(into, '');
  await succeed(['replay', '-q', '--into', into, '-l', source]);
  expect(storedEvents(into)).toEqual(storedEvents(source));
});

test('--routing and --partitions repartition history; names still filter', async () => {
  const source = await earthquakeLedger();
  const into = join(tempDir(), 'new.codex');
  await succeed([
    'replay',
    '-q',
    '--into',
    into,
    '--routing',
    'composite:properties.net+properties.type',
    '--partitions',
    '3',
    '-l',
    source,
  ]);
  expect(new Set(storedEvents(into).map(({ partition }) => partition))).toEqual(new Set(['p0', 'p1', 'p2']));
  expect((await replayed(into)) === asLines(earthquakes())).toBe(true);
  await expectSoundLedger(into);
  const part = join(tempDir(), 'part.codex');
  await succeed(['replay', '-q', '--into', part, '--routing', 'hash:properties.type', '-p', 'p2', '-l', source]);
  expect(storedEvents(part).map(({ payload }) => payload)).toEqual(
    storedEvents(source)
      .filter(({ partition }) => partition === 'p2')
      .map(({ payload }) => payload),
  );
});

test('an existing ledger keeps its routing, and refuses another', async () => {
  const source = await earthquakeLedger();
  const into = await newLedger('--routing', 'hash:properties.type', '--partitions', '2');
  expectFailure(
    await runCli(['replay', '--into', into, '--routing', 'hash:properties.net', '-l', source]),
    4,
    'was created with different settings',
  );
  await succeed(['replay', '-q', '--into', into, '-l', source]);
  expect((await replayed(into)) === asLines(earthquakes())).toBe(true);
});

test('one ledger accepts day after day, and contains the whole', async () => {
  const source = await earthquakeLedger();
  const into = join(tempDir(), 'days.codex');
  for (const day of ['31', '01', '02', '03', '04', '05', '06', '07']) {
    const date = `2018-${day === '31' ? '01' : '02'}-${day}`;
    await succeed(['replay', date, '-q', '--into', into, '-l', source]);
  }
  expect(storedEvents(into)).toEqual(storedEvents(source).map((event) => ({ ...event })));
});

test('refuses the source itself, a file that is not a ledger, and a routing rule without --into', async () => {
  const source = await earthquakeLedger();
  expectFailure(await runCli(['replay', '--into', source, '-l', source]), 2, 'is the ledger itself');
  expectFailure(await runCli(['replay', '--into', EARTHQUAKES, '-l', source]), 76, 'is not a ledger');
  expectFailure(await runCli(['replay', '--routing', 'hash:k', '-l', source]), 2, '--routing needs --into');
  expectFailure(
    await runCli(['replay', '--into', join(tempDir(), 'no', 'where.codex'), '-l', source]),
    73,
    'cannot create',
  );
  expectFailure(
    await runCli([
      'replay',
      '--into',
      join(tempDir(), 'x.codex'),
      '--routing',
      'hash:a',
      '--routing',
      'hash:b',
      '-l',
      source,
    ]),
    2,
    '--routing is given twice',
  );
});

test('an invalid request creates no ledger', async () => {
  const source = await earthquakeLedger();
  const into = join(tempDir(), 'none.codex');
  for (const wrong of [
    ['-p', 'p99'],
    ['--where', 'x'],
    ['--from', 'nonsense'],
    ['2018-02-30'],
    ['--speed', 'fast'],
    ['-f', '--until', 'now'],
  ]) {
    expect((await runCli(['replay', '--into', into, ...wrong, '-l', source])).code).toBe(2);
  }
  expect(existsSync(into)).toBe(false);
});

test('killed at any moment and run again, it contains every event once', async (context) => {
  needs(context, ...STRACE_PROBE);
  const source = await largeLedger(...PLAIN);
  const into = join(tempDir(), 'killed.codex');
  const digest = await digestOf(source);
  let before = 0;
  // write calls of one thread, two for a page of 16 KiB; each run resumes after the one before
  for (const nth of quick([700], [5, 400, 700, 1000])) {
    const args = ['replay', '-q', '--into', into, '--routing', 'hash:at', '--partitions', '5', '-l', source];
    const killed = await traced(join(tempDir(), 'strace.log'), 'pwrite64', `signal=KILL:when=${nth}`, args);
    expect(wasKilled(killed), `at write ${nth}: it ended with ${killed.code}`).toBe(true);
    const held = existsSync(into) ? await eventsIn(into) : 0;
    expect(held).toBeGreaterThanOrEqual(before);
    expect(held).toBeLessThan(LARGE);
    before = held;
  }
  expect(before, 'no kill met it in mid-stream').toBeGreaterThan(0);
  await succeed(['replay', '-q', '--into', into, '-l', source]);
  expect(await digestOf(into)).toBe(digest);
  expect(await eventsIn(into)).toBe(LARGE);
  await succeed(['inspect', '--verify', '-l', into]);
});

test('two concurrent replays into one ledger store no event twice, and a successful one is complete', async () => {
  const source = await largeLedger();
  const into = join(tempDir(), 'twice.codex');
  await succeed(['replay', '-q', '--through-sequence', '1', '--into', into, '-l', source]);
  const both = await Promise.all([1, 2].map(() => runCli(['replay', '-q', '--into', into, '-l', source])));
  for (const result of both) {
    if (result.code !== 0) expectFailure(result, 4, 'another replay is writing to it');
  }
  await succeed(['replay', '-q', '--into', into, '-l', source]);
  expect(await digestOf(into)).toBe(await digestOf(source));
});
