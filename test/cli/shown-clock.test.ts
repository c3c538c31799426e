/** `--tz` of `inspect` and `group`: their texts show times as clocks in a zone do, their JSON in UTC. */

import { expect, test } from 'vitest';
import { timelineText } from '../../src/cli/inspect/timeline-text.ts';
import { timeTicks } from '../../src/cli/plate/axis.ts';
import { shownClock } from '../../src/cli/terminal/shown-clock.ts';
import { runCli } from '../support/cli.ts';
import { expectFailure, newLedger, succeed } from '../support/ledger-cli.ts';

const BERLIN = ['--tz', 'Europe/Berlin'] as const;

/** Two events, before and after the hour that clocks of Berlin repeat, and a group that waits for the second. */
async function ledgerWithTimes(): Promise<string> {
  const ledger = await newLedger('--time', 'at', '--partitions', '1');
  const input = '{"at":"2025-10-25T22:30:00.000123Z"}\n{"at":"2025-10-26T03:30:00Z"}\n';
  await succeed(['emit', '-q', '-l', ledger], { input });
  await succeed(['tail', '-l', ledger, '-g', 'g', '-c', '1']);
  return ledger;
}

async function textOf(ledger: string, ...args: string[]): Promise<string> {
  return (await succeed([...args, '-l', ledger])).stdout.toString();
}

test('texts have the offset of the zone, and JSON is the same with and without it', async () => {
  const ledger = await ledgerWithTimes();
  const [first, last] = ['2025-10-26T00:30:00.000123+02:00', '2025-10-26T04:30:00.000000+01:00'];
  expect(await textOf(ledger, 'inspect', ...BERLIN)).toContain(`time       ${first} to ${last}\n`);
  expect(await textOf(ledger, 'inspect', ...BERLIN)).not.toMatch(/\dZ/);
  expect(await textOf(ledger, 'inspect', '--sequence', '1', ...BERLIN)).toContain(`time       ${first}\n`);
  expect(await textOf(ledger, 'group', ...BERLIN)).toContain(last);
  expect(await textOf(ledger, 'group', 'show', 'g', ...BERLIN)).toContain(last);
  expect(await textOf(ledger, 'group', 'skip', 'g', 'p0', ...BERLIN)).toContain(`of ${last} will be skipped`);
  for (const mode of [[], ['--dry-run']])
    expect((await succeed(['replay', ...mode, '-l', ledger, ...BERLIN])).stderr).toContain(`${first} to ${last}`);
  await succeed(['emit', '-q', '-l', ledger], { input: '{"at":"2025-10-26T04:30:00Z"}\n' });
  expect(await textOf(ledger, 'archive', '--limit', '2', ...BERLIN)).toContain(`from ${first} to ${last}\n`);
  for (const command of [['inspect', '--sequence', '1'], ['group'], ['inspect', '--timeline']]) {
    const inUtc = JSON.parse(await textOf(ledger, ...command, '--json'), withoutNow);
    expect(JSON.parse(await textOf(ledger, ...command, '--json', ...BERLIN), withoutNow)).toEqual(inUtc);
  }
});

/** Ages and the time of the look differ between two runs. */
function withoutNow(name: string, value: unknown): unknown {
  return name === 'at' || name.endsWith('Ms') ? null : value;
}

test('the page names the zone, and its times are of it', async () => {
  const ledger = await ledgerWithTimes();
  // where a name may be broken is no part of it
  const page = (await textOf(ledger, 'inspect', '--html', '-', ...BERLIN)).replaceAll('<wbr>', '');
  expect(page).toContain('span, Europe/Berlin');
  expect(page).toContain('00:30 – 04:30');
  expect(page).toContain('<code>00:30:00.000</code>');
  expect(page).not.toContain('UTC');
  const inUtc = await textOf(ledger, 'inspect', '--html', '-');
  expect(inUtc).toContain('25 Oct – 26 Oct');
  expect(inUtc).toContain('span, UTC');
});

test('the timeline has its axis in the zone', async () => {
  const ledger = await ledgerWithTimes();
  const timeline = JSON.parse(await textOf(ledger, 'inspect', '--timeline', '--json'));
  const window = { columns: 100, rows: 24, isUnicode: false };
  const axis = timelineText(timeline, window, timeTicks, await shownClock('Asia/Kolkata')).split('\n')[2];
  expect(axis).toMatch(/^26 Oct \+05:30 +.*05:00 +06:00 +07:00 +08:00/);
  const line = timelineText(timeline, { ...window, rows: 2 }, timeTicks, await shownClock('Asia/Kolkata'));
  expect(line).toContain('04:00 – 09:00 Asia/Kolkata');
});

test('an unknown zone, and a zone where no times are shown, are refused', async () => {
  const ledger = await ledgerWithTimes();
  for (const command of [['inspect'], ['inspect', '--timeline'], ['group'], ['group', 'show', 'g']])
    expectFailure(await runCli([...command, '-l', ledger, '--tz', 'Mars/Olympus']), 2, 'is not a time zone');
  expectFailure(await runCli(['inspect', '--metrics', '-l', ledger, ...BERLIN]), 2, '--tz');
});
