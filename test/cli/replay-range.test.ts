import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { asLines, earthquakes, earthquakesBetween } from '../support/earthquakes.ts';
import { earthquakeLedger, expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';

const DAYS = [
  '2018-01-31',
  '2018-02-01',
  '2018-02-02',
  '2018-02-03',
  '2018-02-04',
  '2018-02-05',
  '2018-02-06',
  '2018-02-07',
];

test('a date is the whole of its day, through its last microsecond', async () => {
  const ledger = await earthquakeLedger();
  const day = await replayed(ledger, '--from', '2018-02-02', '--through', '2018-02-02');
  expect(day === earthquakesBetween('2018-02-02T00:00:00Z', '2018-02-03T00:00:00Z')).toBe(true);
  expect(day.length).toBeGreaterThan(0);
});

test('--until excludes its end, --through includes it', async () => {
  const ledger = await earthquakeLedger();
  const [, , third] = earthquakes();
  const time = new Date(third?.ms ?? 0).toISOString();
  expect((await replayed(ledger, '--until', time)) === asLines(earthquakes().slice(0, 2))).toBe(true);
  expect((await replayed(ledger, '--through', time)) === asLines(earthquakes().slice(0, 3))).toBe(true);
  expect((await replayed(ledger, '--from', time)) === asLines(earthquakes().slice(2))).toBe(true);
  expect((await replayed(ledger, '--until', '2018-02-02')) === earthquakesBetween('2018-01-01', '2018-02-02')).toBe(
    true,
  );
});

test('days add up to the whole', async () => {
  const ledger = await earthquakeLedger();
  const days: string[] = [];
  for (const day of DAYS) days.push(await replayed(ledger, '--from', day, '--through', day));
  expect(days.join('') === asLines(earthquakes())).toBe(true);
});

test('ranges whose end is the start of the next add up to the whole', async () => {
  const ledger = await earthquakeLedger();
  const borders = ['2018-01-31T12:00:00Z', '2018-02-03T04:05:06.789Z', '2018-02-05T23:59:59.999999Z'];
  const parts = [await replayed(ledger, '--until', borders[0] as string)];
  for (const [at, from] of borders.entries()) {
    const until = borders[at + 1];
    parts.push(await replayed(ledger, '--from', from, ...(until === undefined ? [] : ['--until', until])));
  }
  expect(parts.join('') === asLines(earthquakes())).toBe(true);
});

test('sequences bound a range on both sides, inclusive', async () => {
  const ledger = await earthquakeLedger();
  const delivered = async (...args: string[]) => replayed(ledger, ...args);
  const quakes = earthquakes();
  expect(await delivered('--from-sequence', '1', '--through-sequence', '1')).toBe(asLines(quakes.slice(0, 1)));
  expect(await delivered('--from-sequence', '1000', '--through-sequence', '1009')).toBe(
    asLines(quakes.slice(999, 1009)),
  );
  expect(await delivered('--from-sequence', '1707')).toBe(asLines(quakes.slice(1706)));
  expect(await delivered('--from-sequence', '1708')).toBe('');
  expect((await delivered('--through-sequence', '1000000')) === asLines(quakes)).toBe(true);
  expect(
    (await delivered('--through-sequence', '1000')) + (await delivered('--from-sequence', '1001')) === asLines(quakes),
  ).toBe(true);
});

test('a time and a sequence can bound one range together', async () => {
  const ledger = await earthquakeLedger();
  const quakes = earthquakes();
  const time = new Date(quakes[99]?.ms ?? 0).toISOString();
  expect((await replayed(ledger, '--from-sequence', '51', '--through', time)) === asLines(quakes.slice(50, 100))).toBe(
    true,
  );
  expect((await replayed(ledger, '--from', time, '--through-sequence', '150')) === asLines(quakes.slice(99, 150))).toBe(
    true,
  );
});

test('a range within small commits is exact too', async () => {
  const ledger = await newLedger('--time', 'at');
  const events = Array.from({ length: 12 }, (_, n) => `{"at":${1_500_000_000 + n * 10}}\n`);
  for (let at = 0; at < 12; at += 3)
    await succeed(['emit', '-l', ledger], { input: events.slice(at, at + 3).join('') });
  for (const [first, last] of [
    [0, 0],
    [2, 3],
    [4, 4],
    [5, 9],
    [11, 11],
  ] as const) {
    const delivered = await replayed(
      ledger,
      '--from',
      `${1_500_000_000 + first * 10}.0`,
      '--through',
      `${1_500_000_000 + last * 10}.0`,
    );
    expect(delivered).toBe(events.slice(first, last + 1).join(''));
    const between = await replayed(
      ledger,
      '--from',
      `${1_500_000_000 + first * 10 - 5}.0`,
      '--until',
      `${1_500_000_000 + last * 10 + 5}.0`,
    );
    expect(between).toBe(delivered);
  }
});

test('--tz sets the zone of dates and of times without one', async () => {
  const ledger = await earthquakeLedger();
  const day = ['--from', '2018-02-02', '--through', '2018-02-02', '--tz'];
  expect(
    (await replayed(ledger, ...day, 'Pacific/Apia')) ===
      earthquakesBetween('2018-02-02T00:00:00+14:00', '2018-02-03T00:00:00+14:00'),
  ).toBe(true);
  expect(
    (await replayed(ledger, ...day, 'America/New_York')) ===
      earthquakesBetween('2018-02-02T00:00:00-05:00', '2018-02-03T00:00:00-05:00'),
  ).toBe(true);
  const morning = await replayed(
    ledger,
    '--from',
    '2018-02-02T06:00',
    '--until',
    '2018-02-02 12:30:15',
    '--tz',
    'Europe/Berlin',
  );
  expect(morning === earthquakesBetween('2018-02-02T06:00:00+01:00', '2018-02-02T12:30:15+01:00')).toBe(true);
  const zoned = await replayed(ledger, '--from', '2018-02-02T06:00:00Z', '--tz', 'Asia/Tokyo');
  expect(zoned === earthquakesBetween('2018-02-02T06:00:00Z', '2019-01-01')).toBe(true);
});

test('the argument is a whole range: a day, or an interval with an exclusive end', async () => {
  const ledger = await earthquakeLedger();
  expect(
    (await replayed(ledger, '2018-02-02')) === earthquakesBetween('2018-02-02T00:00:00Z', '2018-02-03T00:00:00Z'),
  ).toBe(true);
  const hours = earthquakesBetween('2018-02-02T09:00:00Z', '2018-02-02T17:30:00Z');
  for (const range of [
    '2018-02-02T09:00Z/PT8H30M',
    '2018-02-02T09:00Z/2018-02-02T17:30Z',
    'PT8H30M/2018-02-02T17:30:00Z',
  ]) {
    expect((await replayed(ledger, range)) === hours).toBe(true);
  }
  expect((await replayed(ledger, '2018-02-02T10:00/PT8H30M', '--tz', 'Europe/Berlin')) === hours).toBe(true);
  expect(
    (await replayed(ledger, '../2018-02-01')) + (await replayed(ledger, '2018-02-02/..')) === asLines(earthquakes()),
  ).toBe(true);
});

test('words and durations are relative to now', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n2\n' });
  expect(await replayed(ledger, '--from', '-2h')).toBe('1\n2\n');
  expect(await replayed(ledger, '--from=-1h30m', '--through', 'now')).toBe('1\n2\n');
  expect(await replayed(ledger, '--until', '-2h')).toBe('');
  expect(await replayed(ledger, '--from', 'yesterday', '--through', 'today')).toBe('1\n2\n');
  expect(await replayed(ledger, '--through', 'yesterday')).toMatch(/^(1\n2\n)?$/);
});

test.each([
  ['a date that does not exist', ['--from', '2026-02-30'], "'2026-02-30' is a date or time of day that does not exist"],
  ['the 29th of February of a year without', ['--through', '2026-02-29'], 'does not exist'],
  ['a time without zone', ['--from', '2026-02-03T09:00:00'], "'2026-02-03T09:00:00' has no zone"],
  ['a text that is no time', ['--until', 'soonish'], "'soonish' is not a time"],
  [
    'a zone there is none of',
    ['--from', '2026-02-03', '--tz', 'Europe/Atlantis'],
    "'Europe/Atlantis' is not a time zone",
  ],
  ['a time that a clock change leaves out', ['--from', '2026-03-29T02:30', '--tz', 'Europe/Berlin'], 'does not exist'],
  [
    'an inverted range',
    ['--from', '2026-02-04', '--until', '2026-02-03'],
    /^error: --from 2026-02-04T.* is after --until 2026-02-03T/,
  ],
  ['sequence 0', ['--from-sequence', '0'], '0 is not a sequence'],
  ['a speed that is none', ['--speed', 'fast'], "'fast' is not a speed"],
  ['an interval beside a start', ['2026-02-04', '--from', '2026-02-03'], 'two starts'],
  ['an interval that is none', ['2026-02-04/2026-02-05/P1D'], 'is not an interval'],
  ['a negative sequence', ['--through-sequence', '-5'], '-5 is not a sequence'],
])('refuses %s with 2', async (_, args, fact) => {
  expectFailure(await runCli(['replay', '-l', await newLedger(), ...args]), 2, fact);
});

test.each([
  [['--from', 'now', '--from-sequence', '1']],
  [['--through', 'now', '--until', 'now']],
  [['--until', 'now', '--through-sequence', '1']],
  [['--from-sequence', '1.5']],
  [['--from-sequence', 'x']],
])('refuses %j as usage', async (args) => {
  expectFailure(await runCli(['replay', '-l', await newLedger(), ...args]), 2, /^error: .*--/);
});
