import { expect, test } from 'vitest';
import { formatTime } from '../../src/core/model/time/time.ts';
import { runCli } from '../support/cli.ts';
import { FakeClock, openEngine } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { emitWithRejects, expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';

const HOUR_MS = 3_600_000;

/** A ledger with an event emitted at the clock time `ms`. */
async function ledgerOf(ms: number): Promise<string> {
  const clock = new FakeClock();
  clock.micros = ms * 1000;
  const engine = await openEngine({ clock });
  await engine.emit('"then"');
  await engine.close();
  return engine.identity.path;
}

function eventAt(ms: number): string {
  return `${JSON.stringify({ at: new Date(ms).toISOString() })}\n`;
}

test('a late event is recorded at the time of the head, keeps its own date in the payload, and is counted', async () => {
  const ledger = await newLedger('--time', 'at');
  const input = eventAt(Date.UTC(2026, 0, 2)) + eventAt(Date.UTC(2026, 0, 1)) + eventAt(Date.UTC(2026, 0, 3));
  const { stderr } = await succeed(['emit', '-l', ledger], { input });
  expect(stderr).toContain("; 1 late, recorded at the head's time; ");
  await succeed(['emit', '-l', ledger, '--late', 'record'], { input: eventAt(Date.UTC(2025, 0, 1)) });
  expect(storedEvents(ledger).map(({ time }) => new Date(time / 1000).toISOString().slice(0, 10))).toEqual([
    '2026-01-02',
    '2026-01-02',
    '2026-01-03',
    '2026-01-03',
  ]);
  expect(await replayed(ledger)).toBe(input + eventAt(Date.UTC(2025, 0, 1)));
});

test('--late reject refuses an event earlier than the head, in the same batch or from an earlier one', async () => {
  const ledger = await newLedger('--time', 'at');
  const [first, second, third] = [1, 2, 3].map((day) => eventAt(Date.UTC(2026, 0, day)));
  expectFailure(
    await runCli(['emit', '--late', 'reject', '-l', ledger], { input: `${second}${second}${first}${third}` }),
    65,
    /line 3, byte \d+: .*earlier than/,
  );
  expectFailure(await runCli(['emit', '--late', 'reject', '-l', ledger], { input: first as string }), 65, 'line 1');
  const rejected = await emitWithRejects(ledger, ['--late', 'reject'], { input: `${first}${third}` });
  expect(rejected.map(({ line }) => line)).toEqual([1]);
  expect(await replayed(ledger)).toBe(`${second}${second}${third}`);
});

test('an event too far ahead of the clock is a bad line', async () => {
  const ledger = await newLedger('--time', 'at');
  const now = Date.now();
  await succeed(['emit', '-l', ledger], { input: eventAt(now + 23 * HOUR_MS) });
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: eventAt(now + 25 * HOUR_MS) }),
    65,
    "'at' is more than 24 h ahead of the clock",
  );
  await expectSoundLedger(ledger);
});

test('--max-skew sets how far ahead an event may be', async () => {
  const ledger = await newLedger('--time', 'at');
  const now = Date.now();
  expectFailure(
    await runCli(['emit', '--max-skew', '1h30m', '-l', ledger], { input: eventAt(now + 2 * HOUR_MS) }),
    65,
    'more than 1.5 h ahead',
  );
  expectFailure(
    await runCli(['emit', '--max-skew', '0s', '-l', ledger], { input: eventAt(now + HOUR_MS) }),
    65,
    'ahead of the clock',
  );
  await succeed(['emit', '--max-skew', '7d', '-l', ledger], { input: eventAt(now + 100 * HOUR_MS) });
  expectFailure(
    await runCli(['emit', '--max-skew', 'soon', '-l', ledger], { input: '' }),
    2,
    "'soon' is not a duration",
  );
});

test('reads RFC 3339 with any offset and epoch numbers of s, ms, us and ns as one time', async () => {
  const ledger = await newLedger('--time', 'at');
  const spellings = [
    '"2026-04-12T09:00:00.5Z"',
    '"2026-04-12t11:00:00.500+02:00"',
    '"2026-04-12 03:30:00.5000009-05:30"',
    '1775984400.5',
    '1775984400500',
    '1775984400500000',
    '1775984400500000999',
  ];
  await succeed(['emit', '-l', ledger], { input: spellings.map((at) => `{"at":${at}}\n`).join('') });
  expect(new Set(storedEvents(ledger).map(({ time }) => time))).toEqual(
    new Set([Date.UTC(2026, 3, 12, 9) * 1000 + 500_000]),
  );
});

test.each([
  ['a line of journalctl -o json', '"1739797379231625"', '2025-02-17T13:02:59.231625Z'],
  ['timeUnixNano of OTLP', '"1544712660300000000"', '2018-12-13T14:51:00.300000Z'],
  ['a string of seconds with a fraction', '"1505194400.0"', '2017-09-12T05:33:20.000000Z'],
  ['Suricata', '"2018-01-31T01:49:59.123456-0600"', '2018-01-31T07:49:59.123456Z'],
  ['an offset without minutes', '"2018-01-31 01:49:59+00"', '2018-01-31T01:49:59.000000Z'],
  ['logback', '"2018-01-31 01:49:59,123+0100"', '2018-01-31T00:49:59.123000Z'],
  ['a time without seconds', '"2018-01-31T01:49Z"', '2018-01-31T01:49:00.000000Z'],
  ['Zeek in scientific notation', '1.7e9', '2023-11-14T22:13:20.000000Z'],
  ['a leap second', '"2016-12-31T23:59:60Z"', '2016-12-31T23:59:59.999999Z'],
])('reads the time of %s', async (_, at, time) => {
  const ledger = await newLedger('--time', 'at');
  // many lines go through the kernel
  for (const lines of [1, 2000])
    await succeed(['emit', '-l', ledger], { input: `{"at":${at},"x":"${'x'.repeat(40)}"}\n`.repeat(lines) });
  const times = storedEvents(ledger).map((event) => formatTime(event.time));
  expect(new Set(times)).toEqual(new Set([time]));
});

test('a time that is none names what is accepted', async () => {
  const ledger = await newLedger('--time', 'at');
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '{"at":"12.04.2026 09:00"}\n' }),
    65,
    "'at' is not a time: a date and time with its offset (2026-04-12T09:00:00Z, 2026-04-12 09:00:00,5 +0200), or a number of s, ms, us or ns since 1970",
  );
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '{"at":"2026-04-12 09:00"}\n' }),
    65,
    'create the ledger with --tz',
  );
});

test('--from takes a number in scientific notation', async () => {
  const ledger = await newLedger('--time', 'at');
  await succeed(['emit', '-l', ledger], { input: '{"at":1689999999}\n{"at":1690000000}\n' });
  expect(await replayed(ledger, '--from', '1.69e9')).toBe('{"at":1690000000}\n');
});

test('without a time field the arrival time is used, and never decreases', async () => {
  const ledger = await newLedger();
  const before = Date.now() * 1000;
  for (const input of ['1\n', '2\n', '3\n']) await succeed(['emit', '-l', ledger], { input });
  const events = await expectSoundLedger(ledger);
  expect(events[0]?.time).toBeGreaterThanOrEqual(before - 1000);
  expect(events.at(-1)?.time).toBeLessThanOrEqual((Date.now() + 1) * 1000);
});

test('emit, --json and inspect warn of a clock that was 30 days ahead', async () => {
  const ledger = await ledgerOf(Date.now() + 30 * 24 * HOUR_MS);
  const warning =
    /^warning: the ledger's time is 30 days ahead of the clock of this machine: until then events are recorded at the head's time, \S+Z; check the clocks of the machines that emit$/;
  const { stderr } = await succeed(['emit', '-q', '-l', ledger], { input: '"now"\n' });
  expect(stderr.trimEnd()).toMatch(warning);
  const json = await succeed(['emit', '--json', '-l', ledger], { input: '"now"\n' });
  expect(JSON.parse(json.stdout.toString()).warnings).toMatchObject([{ code: 'HEAD_AHEAD' }]);
  expect(json.stderr.trimEnd()).toMatch(warning);
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toContain(
    "warning    the ledger's time is 30 days ahead",
  );
  expect(JSON.parse((await succeed(['inspect', '--json', '-l', ledger])).stdout.toString()).warnings).toMatchObject([
    { code: 'HEAD_AHEAD' },
  ]);
});

test('emit says that events are late because one was dated in the future', async () => {
  const ledger = await newLedger('--time', 'at');
  const line = (ahead: number) => eventAt(Date.now() + ahead * HOUR_MS);
  expect((await succeed(['emit', '-l', ledger], { input: line(2) })).stderr).not.toContain('note: ');
  const { stderr } = await succeed(['emit', '-l', ledger], { input: line(0) });
  expect(stderr).toMatch(
    /^note: the head's time is (?:1h 59m|2h 0m) ahead of this clock, and every event is late until then: one was dated in the future; emit --max-skew 1m refuses such events$/m,
  );
  expect((await succeed(['emit', '-q', '-l', ledger], { input: line(0) })).stderr).toBe('');
});

test('with a clock more than five years after the last event, emit commits only with --trust-clock', async () => {
  const ledger = await ledgerOf(Date.UTC(2015, 0, 1));
  expectFailure(
    await runCli(['emit', '-l', ledger], { input: '"now"\n' }),
    69,
    /more than five years after the latest time in the ledger, 2015-01-01T00:00:00.000000Z/,
  );
  await succeed(['emit', '-l', ledger, '--trust-clock'], { input: '"now"\n' });
  await succeed(['emit', '-l', ledger], { input: '"again"\n' });
  expect(await replayed(ledger)).toBe('"then"\n"now"\n"again"\n');
});
