/** One way to say a range: the flags, the arguments and their meaning are the same in every command that takes a range. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Event n of 24 is at hour n - 1 of 2026-04-12, in the partition of its parity. */
async function hoursLedger(): Promise<string> {
  const ledger = await newLedger('--routing', 'manual:to', '--partitions', 'even,odd,2026-04-13', '--time', 'at');
  const events = Array.from({ length: 24 }, (_, hour) =>
    JSON.stringify({
      n: hour + 1,
      to: hour % 2 === 0 ? 'odd' : 'even',
      at: `2026-04-12T${String(hour).padStart(2, '0')}:00:00Z`,
    }),
  );
  for (let at = 0; at < 24; at += 5)
    await succeed(['emit', '-q', '-l', ledger], { input: `${events.slice(at, at + 5).join('\n')}\n` });
  return ledger;
}

function numbersOf(stdout: Buffer): number[] {
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).n as number);
}

const span = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, nth) => first + nth);

describe('tail and replay', () => {
  const RANGES: readonly (readonly [args: string[], expected: number[]])[] = [
    [['--from', '2026-04-12T20:00Z'], span(21, 24)],
    [['--since', '2026-04-12T20:00Z'], span(21, 24)],
    [['--from', 'start', '--until', '2026-04-12T03:00Z'], span(1, 3)],
    [['--from', '2026-04-12', '--through', '2026-04-12T03:00Z'], span(1, 4)],
    [['--from', 'end'], []],
    [['--from-sequence', '22'], span(22, 24)],
    [['--from-sequence', '5', '--through-sequence', '7'], span(5, 7)],
    [['--from', 'start', '--through-sequence', '3'], span(1, 3)],
    [['--from-sequence', '5', '--limit', '3'], span(5, 7)],
    [
      ['--from-sequence', '5', '-c', '3', 'even'],
      [6, 8, 10],
    ],
    [
      ['--from', 'start', '--limit', '2', '--where', 'n>=9'],
      [9, 10],
    ],
    [['--from', '2026-04-12T05:00Z', '--until', '2026-04-12T05:00Z'], []],
    [['2026-04-12T05:00Z/PT2H'], [6, 7]],
    [['2026-04-12T05:00Z/2026-04-12T05:00Z'], []],
    [
      ['2026-04-12', 'odd', '--limit', '2'],
      [1, 3],
    ],
    [['2026-04-12T05:00Z/..', 'odd', 'even'], span(6, 24)],
    [
      ['-p', 'even', '--from-sequence', '20'],
      [20, 22, 24],
    ],
    [
      ['--partition', 'even', 'odd', '--from-sequence', '23'],
      [23, 24],
    ],
    [['--partition', '2026-04-13', '--from', 'start'], []],
    [['--from', '2026-04-12T22:00', '--tz', 'Europe/Berlin'], span(21, 24)],
    // 13 digits and more are milliseconds or finer
    [['--from', '1776027600000'], span(22, 24)],
    [['--from', '1776027600.0'], span(22, 24)],
  ];

  it('mean the same by every range', async () => {
    const ledger = await hoursLedger();
    for (const [args, expected] of RANGES)
      for (const verb of ['tail', 'replay']) {
        const { stdout } = await succeed([verb, '-l', ledger, '-o', 'payload', ...args]);
        expect([verb, ...args, ...numbersOf(stdout)]).toEqual([verb, ...args, ...expected]);
      }
  });

  const REFUSED: readonly (readonly [args: string[], fact: string | RegExp, hint: string])[] = [
    [
      ['--from', '123'],
      "--from '123' is ambiguous: a sequence, or a time",
      'for the sequence --from-sequence 123, for the time --from 1970-01-01T00:02:03Z',
    ],
    [
      ['--since', '2026'],
      "--from '2026' is ambiguous",
      'for the sequence --from-sequence 2026, for the time --from 2026-01-01',
    ],
    [['--through', '20260412'], 'is ambiguous', '--through-sequence 20260412, for the time --through 2026-04-12'],
    [
      ['--until', '1690000000'],
      'is ambiguous',
      '--through-sequence 1689999999, for the time --until 2023-07-22T04:26:40Z',
    ],
    [['--until', '1'], 'is ambiguous', '--through-sequence N, for the time --until 1970-01-01T00:00:01Z'],
    [['--from', '999999999999'], 'is ambiguous', '--from-sequence 999999999999, for the time --from '],
    [['--from', '1', '--since', '2'], /from|since/, ''],
    [['--through', 'now', '--until', 'now'], /--through|--until/, ''],
    [['--limit', '0'], /limit|0/, ''],
    [['2026-04-12', '2026-04-13/..'], 'two ranges', 'give one interval'],
    [['2026-04-12', '--from', 'start'], 'a range with two starts', ''],
    [['2026-04-12', '--until', 'now'], 'a range with two ends', ''],
    [['-p', 'hash:to'], "'hash:to' is a routing rule, not a partition", '--routing hash:to'],
    [
      ['2026-04-13'],
      "'2026-04-13' is ambiguous: a partition, or a range of time",
      'for the partition --partition 2026-04-13, for the range --from 2026-04-13 --through 2026-04-13',
    ],
    [['nowhere'], "no partition 'nowhere'", ''],
  ];

  it('refuse the same in the same words', async () => {
    const ledger = await hoursLedger();
    for (const [args, fact, hint] of REFUSED)
      for (const verb of ['tail', 'replay']) {
        const result = await runCli([verb, '-l', ledger, ...args]);
        expectFailure(result, 2, fact);
        expect(result.stderr).toContain(hint);
      }
  });

  it('take the first events of a limit in each run of a cursor file, and end the document once', async () => {
    const ledger = await newLedger('--partitions', '2');
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 7) });
    for (const verb of ['tail', 'replay']) {
      const cursor = join(tempDir(), 'cursor');
      const run = async () =>
        (
          await succeed([verb, '-l', ledger, '--from', 'start', '--limit', '3', '--cursor-file', cursor])
        ).stdout.toString();
      expect([await run(), await run(), await run(), await run()]).toEqual([
        numbers(1, 3),
        numbers(4, 6),
        numbers(7, 7),
        '',
      ]);
      expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject(verb === 'tail' ? { tailed: 7 } : { next: 8 });
    }
  });

  it('follow until the limit is reached', async () => {
    const ledger = await hoursLedger();
    for (const verb of ['tail', 'replay']) {
      const { stdout } = await succeed([verb, '-f', '-l', ledger, '--from', 'start', '--limit', '2', '-o', 'payload']);
      expect(numbersOf(stdout)).toEqual([1, 2]);
    }
  });

  it('follow until the end of the range has come, by sequence as by time', async () => {
    const ledger = await hoursLedger();
    expect(
      numbersOf(
        (await succeed(['tail', '-f', '-l', ledger, '--from-sequence', '23', '--through-sequence', '24'])).stdout,
      ),
    ).toEqual([23, 24]);
  });
});

it('a limit is part of a preview, of a copy and of its digest', async () => {
  const ledger = await newLedger('--partitions', '2');
  await succeed(['emit', '-q', '-l', ledger], { input: numbers(1, 9) });
  const dry = await succeed(['replay', '-l', ledger, '--limit', '4', '--dry-run', '--json']);
  expect(JSON.parse(dry.stdout.toString())).toMatchObject({ events: 4, lastSequence: 4 });
  const copy = join(tempDir(), 'copy.codex');
  const into = ['replay', '-q', '-l', ledger, '--into', copy, '--limit', '4', '--routing', 'hash', '--partitions', '3'];
  await succeed(into);
  expect((await succeed(['replay', '-q', '-l', copy])).stdout.toString()).toBe(numbers(1, 4));
  await succeed(into);
  expect((await succeed(['replay', '-q', '-l', copy])).stdout.toString()).toBe(numbers(1, 8));
});

describe('archive', () => {
  const ENDS: readonly (readonly [args: string[], through: number])[] = [
    [['--until', '2026-04-12T11:00Z'], 10],
    [['--through', '2026-04-12T09:00Z'], 10],
    [['--through-sequence', '10'], 10],
    [['--through-sequence', '12'], 10],
    [['--limit', '14'], 10],
    [['--limit', '15'], 15],
    [['--through', '2026-04-12', '--limit', '7'], 5],
  ];

  it('takes the end of a range', async () => {
    const ledger = await hoursLedger();
    for (const [args, through] of ENDS) {
      const plan = JSON.parse((await succeed(['archive', '-l', ledger, ...args, '--json'])).stdout.toString());
      expect([args, plan.from, plan.through]).toEqual([args, 1, through]);
    }
  });

  it('counts a limit from what is not archived yet', async () => {
    const ledger = await hoursLedger();
    await succeed(['archive', '-l', ledger, '--limit', '5', '--yes']);
    const { stdout } = await succeed(['archive', '-l', ledger, '--limit', '5', '--yes', '--json']);
    expect(JSON.parse(stdout.toString())).toMatchObject({ from: 6, through: 10 });
  });

  const REFUSED: readonly (readonly [args: string[], fact: string | RegExp])[] = [
    [[], 'an archive without an end'],
    [['--until', '123'], "--until '123' is ambiguous"],
    [['--until', 'now', '--through', 'now'], /--until|--through/],
    [['--from', 'start', '--until', 'now'], 'archive has no --from'],
    [['--since', 'start', '--until', 'now'], 'archive has no --since'],
  ];

  it('refuses a start, and ends that are none', async () => {
    const ledger = await hoursLedger();
    for (const [args, fact] of REFUSED) expectFailure(await runCli(['archive', '-l', ledger, ...args]), 2, fact);
  });
});

it.each([
  [['init', '-l', 'x.codex', '--partition', 'hash:k'], '--routing hash:'],
  [['bench', '--partition', 'hash:k'], '--routing hash:'],
  [['tail', '--count', '3'], '--limit'],
])('an earlier spelling is answered with the present one: %j', async (args, hint) => {
  const result = await runCli(args);
  expectFailure(result, 2, ' has no --');
  expect(result.stderr).toContain(hint);
});
