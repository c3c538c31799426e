import { expect, test } from 'vitest';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { formatTime } from '../../../src/core/model/time/time.ts';
import { readTimeInterval } from '../../../src/core/model/time/time-interval.ts';
import { rejectionOf } from '../../support/refusals.ts';

const NOW = Date.UTC(2026, 3, 12, 12) * 1000;

async function ends(text: string, zone?: string): Promise<(string | null)[]> {
  const { first, last } = await readTimeInterval(text, { now: NOW, zone });
  return [first, last].map((time) => (time === null ? null : formatTime(time)));
}

test.each([
  ['2026-04-12T09:00Z/PT8H30M', '2026-04-12T09:00:00.000000Z', '2026-04-12T17:29:59.999999Z'],
  ['2026-04-12T09:00:00Z/2026-04-12T17:30:00Z', '2026-04-12T09:00:00.000000Z', '2026-04-12T17:29:59.999999Z'],
  ['PT8H30M/2026-04-12T17:30+00:00', '2026-04-12T09:00:00.000000Z', '2026-04-12T17:29:59.999999Z'],
  ['2026-04-12T00:00Z/PT0.000001S', '2026-04-12T00:00:00.000000Z', '2026-04-12T00:00:00.000000Z'],
  ['PT1.5S/2026-04-12T00:00:00.000001Z', '2026-04-11T23:59:58.500001Z', '2026-04-12T00:00:00.000000Z'],
  ['2026-01-31/P1M', '2026-01-31T00:00:00.000000Z', '2026-02-27T23:59:59.999999Z'],
  ['2026-04-12/P1Y2M3W4DT5H6M7.5S', '2026-04-12T00:00:00.000000Z', '2027-07-07T05:06:07.499999Z'],
  ['-2h/now', '2026-04-12T10:00:00.000000Z', '2026-04-12T11:59:59.999999Z'],
])('%s begins at its start and ends before its end', async (text, first, last) => {
  expect(await ends(text)).toEqual([first, last]);
});

test('a date is the whole of its day, at either end and by itself', async () => {
  const twelfth = ['2026-04-12T00:00:00.000000Z', '2026-04-12T23:59:59.999999Z'];
  for (const text of ['2026-04-12', '2026-04-12/2026-04-12', '2026-04-12/P1D', 'P1D/2026-04-12', 'today']) {
    expect(await ends(text)).toEqual(twelfth);
  }
  expect(await ends('yesterday/today')).toEqual(['2026-04-11T00:00:00.000000Z', twelfth[1]]);
});

test('an end may be open', async () => {
  expect(await ends('../2026-04-12')).toEqual([null, '2026-04-12T23:59:59.999999Z']);
  expect(await ends('2026-04-12T09:00Z/..')).toEqual(['2026-04-12T09:00:00.000000Z', null]);
  expect(await ends('../..')).toEqual([null, null]);
});

test.each([
  ['2026-04-11T02:00/02:20', 'Europe/Berlin', '2026-04-11T00:00:00.000000Z', '2026-04-11T00:19:59.999999Z'],
  ['2026-04-11 02:00/02:20:30', 'Europe/Berlin', '2026-04-11T00:00:00.000000Z', '2026-04-11T00:20:29.999999Z'],
  ['2026-04-11T02:00Z/02:20', 'Europe/Berlin', '2026-04-11T02:00:00.000000Z', '2026-04-11T02:19:59.999999Z'],
  ['2026-04-11T02:00+01:00/02:20', undefined, '2026-04-11T01:00:00.000000Z', '2026-04-11T01:19:59.999999Z'],
  ['2026-04-11T02:00Z/02:20+01:00', undefined, '2026-04-11T02:00:00.000000Z', null],
  ['02:00-05:00/03:00-05:00', undefined, '2026-04-12T07:00:00.000000Z', '2026-04-12T07:59:59.999999Z'],
  ['02:00/02:20', 'Europe/Berlin', '2026-04-12T00:00:00.000000Z', '2026-04-12T00:19:59.999999Z'],
  ['yesterday 23:50/23:55', 'Europe/Berlin', '2026-04-11T21:50:00.000000Z', '2026-04-11T21:54:59.999999Z'],
  ['2026-11-27T23:50Z/00:10', undefined, '2026-11-27T23:50:00.000000Z', '2026-11-28T00:09:59.999999Z'],
  ['2026-12-31 23:50:30/23:50', 'Europe/Berlin', '2026-12-31T22:50:30.000000Z', '2027-01-01T22:49:59.999999Z'],
  ['2026-11-27T23:50+02:00/00:10', 'Europe/Berlin', '2026-11-27T21:50:00.000000Z', '2026-11-27T22:09:59.999999Z'],
  ['yesterday 23:50/00:10', 'Europe/Berlin', '2026-04-11T21:50:00.000000Z', '2026-04-11T22:09:59.999999Z'],
  ['23:50/00:10', 'Europe/Berlin', '2026-04-12T21:50:00.000000Z', '2026-04-12T22:09:59.999999Z'],
  // a date that the zone skipped, and a time that the day of the start skipped
  ['2011-12-29T23:50/00:10', 'Pacific/Apia', '2011-12-30T09:50:00.000000Z', '2011-12-30T10:09:59.999999Z'],
  ['2026-03-29T04:00/02:30', 'Europe/Berlin', '2026-03-29T02:00:00.000000Z', '2026-03-30T00:29:59.999999Z'],
  // the start is the first of two, and so is the end, which is of the next day then
  ['2026-10-25T02:40/02:20', 'Europe/Berlin', '2026-10-25T00:40:00.000000Z', '2026-10-26T01:19:59.999999Z'],
  ['yesterday 23:50/PT20M', 'Europe/Berlin', '2026-04-11T21:50:00.000000Z', '2026-04-11T22:09:59.999999Z'],
  ['yesterday 23:50/today 00:10', 'Europe/Berlin', '2026-04-11T21:50:00.000000Z', '2026-04-11T22:09:59.999999Z'],
])('%s: what its end leaves out, the day and the zone, is that of its start', async (text, zone, first, last) => {
  // a zone of its own is kept: that end is before the start
  if (last === null) await expect(ends(text, zone)).rejects.toThrow('ends before it');
  else expect(await ends(text, zone)).toEqual([first, last]);
});

test.each(['2026-02-30T23:50Z/00:10', '2026-13-01T23:50Z/00:10', '9999-12-31T23:50Z/00:10'])(
  '%s is refused: its start is no day of the calendar, or out of range',
  async (text) => {
    await expect(ends(text)).rejects.toBeInstanceOf(LedgerError);
  },
);

test.each(['2026-04-12T09:00Z/2026-04-12T09:00Z', '2026-04-12T09:00Z/PT0S', 'PT0S/2026-04-12T09:00Z'])(
  '%s is empty',
  async (text) => {
    expect(await ends(text)).toEqual(['2026-04-12T09:00:00.000000Z', '2026-04-12T08:59:59.999999Z']);
  },
);

test('days of a duration lead from a day to the start of another day, whenever clocks let it begin', async () => {
  expect(await ends('2018-11-04/P1D', 'America/Sao_Paulo')).toEqual([
    '2018-11-04T03:00:00.000000Z',
    '2018-11-05T01:59:59.999999Z',
  ]);
  expect(await ends('2018-11-03/P1D', 'America/Sao_Paulo')).toEqual([
    '2018-11-03T03:00:00.000000Z',
    '2018-11-04T02:59:59.999999Z',
  ]);
  expect(await ends('P1D/2018-11-04', 'America/Sao_Paulo')).toEqual([
    '2018-11-04T03:00:00.000000Z',
    '2018-11-05T01:59:59.999999Z',
  ]);
  expect(await ends('2026-03-28/P1DT2H', 'Europe/Berlin')).toEqual([
    '2026-03-27T23:00:00.000000Z',
    '2026-03-29T00:59:59.999999Z',
  ]);
});

test('days of a duration lead from an instant to the same local time, the first of two', async () => {
  expect(await ends('2023-10-28T02:30/P1D', 'Europe/Berlin')).toEqual([
    '2023-10-28T00:30:00.000000Z',
    '2023-10-29T00:29:59.999999Z',
  ]);
  expect(await ends('P1M/2023-11-29T02:30:00.000001', 'Europe/Berlin')).toEqual([
    '2023-10-29T00:30:00.000001Z',
    '2023-11-29T01:30:00.000000Z',
  ]);
  // nothing is moved by a calendar here, so that the second 02:30 stays the second
  expect(await ends('2023-10-29T02:30+01:00/PT1H', 'Europe/Berlin')).toEqual([
    '2023-10-29T01:30:00.000000Z',
    '2023-10-29T02:29:59.999999Z',
  ]);
});

test.each([
  [
    '2026-03-28T02:30/P1D',
    'Europe/Berlin',
    '2026-03-29T02:30:00 does not exist in Europe/Berlin: clocks there go from 2026-03-29T02:00:00 to 2026-03-29T03:00:00',
  ],
  [
    '2011-12-29/P1D',
    'Pacific/Apia',
    '2011-12-30 does not exist in Pacific/Apia: clocks there go from 2011-12-30T00:00:00 to 2011-12-31T00:00:00',
  ],
])('%s in %s is refused, because it leads to what the zone left out', async (text, zone, message) => {
  await expect(readTimeInterval(text, { now: NOW, zone })).rejects.toThrow(message);
});

test('a day is as long as it is in the zone', async () => {
  expect(await ends('2026-03-29/P1D', 'Europe/Berlin')).toEqual([
    '2026-03-28T23:00:00.000000Z',
    '2026-03-29T21:59:59.999999Z',
  ]);
  expect(await ends('2026-03-29/PT24H', 'Europe/Berlin')).toEqual([
    '2026-03-28T23:00:00.000000Z',
    '2026-03-29T22:59:59.999999Z',
  ]);
});

test.each([
  ['P1D/P1D', 'INVALID_TIME'],
  ['2026-04-12/P', 'INVALID_TIME'],
  ['2026-04-12/PT', 'INVALID_TIME'],
  ['2026-04-12/P1DT', 'INVALID_TIME'],
  ['2026-04-12/-P1D', 'INVALID_TIME'],
  ['2026-04-12/PT0.0000001S', 'INVALID_TIME'],
  ['2026-04-12/P99999999Y', 'INVALID_TIME'],
  ['2026-04-12/P9999Y', 'INVALID_TIME'],
  ['../P1D', 'INVALID_TIME'],
  ['P1D/..', 'INVALID_TIME'],
  ['a/b', 'INVALID_TIME'],
  ['2026-04-12/2026-04-13/2026-04-14', 'INVALID_TIME'],
  ['/', 'INVALID_TIME'],
  ['', 'INVALID_TIME'],
  ['2026-04-12/2026-04-11', 'INVALID_RANGE'],
  ['2026-04-12T09:00Z/2026-04-12T08:59:59.999999Z', 'INVALID_RANGE'],
  ['2026-04-12T09:00Z/2026-04-11', 'INVALID_RANGE'],
])('%j is refused with %s', async (text, code) => {
  const refusal = await readTimeInterval(text, { now: NOW }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(LedgerError);
  expect((refusal as LedgerError).code).toBe(code);
});

test('a start without a zone is named as it was written, and not the end that takes its day and zone', async () => {
  for (const [text, start] of [
    ['2026-04-12T02:00/02:20', '2026-04-12T02:00'],
    ['02:00/02:20', '02:00'],
    ['23:50/00:10', '23:50'],
  ] as const) {
    const { message, hint } = await rejectionOf(readTimeInterval(text, { now: NOW }));
    expect(message).toBe(`'${start}' has no zone: end it with Z or an offset such as +02:00`);
    expect(hint).toBe(`write ${start}Z, or name the zone with \`zone\`, such as Europe/Berlin`);
  }
});
