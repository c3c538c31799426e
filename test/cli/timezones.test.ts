import { expect, test } from 'vitest';
import { BIN } from '../support/cli.ts';
import { needs, runProgram } from '../support/fault-tools.ts';
import { earthquakeLedger, newLedger, succeed } from '../support/ledger-cli.ts';
import { quick } from '../support/test-size.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia'];
const LANGUAGES = ['de_DE.UTF-8', 'en_US.UTF-8'];

test('a range of dates is the same in every time zone and locale', async () => {
  const ledger = await earthquakeLedger();
  const digests = new Set<string>();
  for (const [at, TZ] of ZONES.entries()) {
    // a language for each zone, and in a soak each with each
    for (const LANG of quick([LANGUAGES[at % LANGUAGES.length]], LANGUAGES)) {
      const env = { ...process.env, TZ, LANG, LC_ALL: LANG };
      const { stderr } = await succeed(
        ['replay', '--json', '--from', '2018-02-01', '--through', '2018-02-03', '-l', ledger],
        { env },
      );
      digests.add(JSON.parse(stderr).digest);
    }
  }
  expect(digests.size).toBe(1);
});

/** Local times whose offset a library guessed from the offset of today: repeated ones, a repeated midnight, a skipped day; and how many events are between. */
const RANGES = [
  ['Europe/Berlin', '2025-10-26T02:30', '2025-10-26T03:00', 9],
  ['America/Havana', '2025-11-02', '2025-11-03', 150],
  ['Pacific/Apia', '2011-12-29', '2011-12-31', 144],
  ['Australia/Lord_Howe', '2025-04-06T01:45', '2025-04-06T02:00', 4],
] as const;
const MINUTES = 10;

test('a range means the same with the clock set to any month', async (context) => {
  needs(context, 'faketime', '--version');
  const ledger = await newLedger('--time', 'at');
  const around = RANGES.map(([, from]) => Date.parse(`${from.slice(0, 10)}T00:00Z`) / 1000);
  const times = around
    .sort((one, other) => one - other)
    .flatMap((day) => Array.from({ length: 400 }, (_, at) => day - 86_400 + at * MINUTES * 60));
  await succeed(['emit', '-q', '-l', ledger], { input: times.map((at) => `{"at":${at}}\n`).join('') });
  // only the clock of the day: timers stay those of the machine
  const env = { ...process.env, FAKETIME_DONT_FAKE_MONOTONIC: '1', TZ: 'Europe/Berlin' };
  const countIn = async (month: number, args: readonly string[]): Promise<number> => {
    const clock = `2026-${String(month).padStart(2, '0')}-15 12:00:00`;
    const command = [clock, process.execPath, BIN, 'replay', '--dry-run', '--json', '-l', ledger, ...args];
    const { code, stdout, stderr } = await runProgram('faketime', command, '', env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout.toString()).events;
  };
  // the clock is what it was set to
  expect(await countIn(3, ['--from', 'now'])).toBe(0);
  for (const month of quick([1, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
    for (const [tz, from, until, events] of RANGES)
      expect(await countIn(month, ['--tz', tz, '--from', from, '--until', until]), `${tz}, month ${month}`).toBe(
        events,
      );
}, 60_000);
