/**
 * Laws of local times, for every zone: days partition the time line, and a local time is the first instant at which
 * clocks show it, independent of today's date.
 */

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { formatTime } from '../../../src/core/model/time/time.ts';
import { readTimeExpression } from '../../../src/core/model/time/time-expression.ts';
import { DAY_MICROS, midnightOf, timeZone } from '../../../src/core/model/time/time-zone.ts';
import { rejectionOf } from '../../support/refusals.ts';
import { quick } from '../../support/test-size.ts';

const ZONES = Intl.supportedValuesOf('timeZone');
const HOUR = 3600e6;
const YEAR = 365.25 * DAY_MICROS;
const at = (text: string, micros = 0) => Date.parse(text) * 1000 + micros;

const zones = fc.constantFrom(...ZONES);
/** From the years before standard time to those that only rules describe. */
const instants = fc.integer({ min: -130 * YEAR, max: 80 * YEAR });

const day = (date: string, zone: string) => readTimeExpression(date, { now: 0, zone });
const moment = async (text: string, zone: string) =>
  formatTime((await readTimeExpression(text, { now: 0, zone })).first);

const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const formatter =
    FORMATTERS.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  FORMATTERS.set(timeZone, formatter);
  return formatter;
}

/** The wall clock by Intl alone, to the second. */
function wallClock(zone: string, second: number): string {
  const parts = formatterOf(zone).formatToParts(second * 1000);
  const part = (type: string) => parts.find((each) => each.type === type)?.value;
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}`;
}

describe('in every zone', () => {
  it('days partition the time line', async () => {
    await fc.assert(
      fc.asyncProperty(zones, instants, async (name, instant) => {
        const zone = await timeZone(name);
        const today = zone.dayAt(instant);
        const start = zone.startOfDay(today) as number;
        expect(start).toBeLessThanOrEqual(instant);
        expect(zone.endOfDay(today)).toBeGreaterThan(instant);
        expect(zone.endOfDay(zone.dayBefore(today))).toBe(start);
        // and it is the first instant of its date
        const date = formatTime(today).slice(0, 10);
        expect(wallClock(name, start / 1e6).slice(0, 10)).toBe(date);
        expect(wallClock(name, start / 1e6 - 1) < date).toBe(true);
      }),
      { numRuns: quick(120, 300) },
    );
  });

  it('a range means the same in whichever month it is read', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await fc.assert(
        fc.asyncProperty(zones, instants, fc.nat(11), fc.nat(86_399), async (name, instant, month, second) => {
          const date = formatTime(midnightOf(instant)).slice(0, 10);
          const time = `${date}T${new Date(second * 1000).toISOString().slice(11, 19)}`;
          const read = async (text: string) =>
            readTimeExpression(text, { now: 0, zone: name }).catch((error: Error) => error.message);
          const found = [];
          for (const today of ['2024-01-15', `2026-${String(month + 1).padStart(2, '0')}-20`, '2031-07-15']) {
            vi.setSystemTime(today);
            found.push(await read(date), await read(time));
          }
          expect(found.slice(2, 4)).toEqual(found.slice(0, 2));
          expect(found.slice(4)).toEqual(found.slice(0, 2));
        }),
        { numRuns: quick(100, 1000) },
      );
    } finally {
      vi.useRealTimers();
    }
  });

  it('a local time is the first instant at which clocks show it, to the microsecond', async () => {
    await fc.assert(
      fc.asyncProperty(zones, instants, async (name, instant) => {
        const zone = await timeZone(name);
        const local = zone.localAt(instant);
        expect(formatTime(local).slice(0, 19)).toBe(wallClock(name, Math.floor(instant / 1e6)));
        const found = zone.instantOf(local) as number;
        expect(found).toBeLessThanOrEqual(instant);
        expect(zone.localAt(found)).toBe(local);
      }),
      { numRuns: quick(120, 300) },
    );
  });

  it('every local time around a change of clocks is found first, or named as left out', async () => {
    for (const name of ZONES) {
      const zone = await timeZone(name);
      for (const { second, before, after } of changes(zone, 2011, 2012)) {
        const isBack = after < before;
        const [from, to] = [second + Math.min(before, after), second + Math.max(before, after)].map(
          (each) => each * 1e6,
        ) as [number, number];
        const middle = from + Math.floor((to - from) / 2);
        expect([name, zone.instantOf(from - 1)]).toEqual([
          name,
          second * 1e6 - (isBack ? (before - after) * 1e6 : 0) - 1,
        ]);
        expect([name, zone.instantOf(middle)]).toEqual([name, isBack ? middle - before * 1e6 : null]);
        expect([name, zone.instantOf(to)]).toEqual([name, to - after * 1e6]);
        expect([name, zone.gapAround(middle)]).toEqual([name, isBack ? null : { from, to }]);
      }
    }
  });
});

/** Changes of the offset, found by steps of three days and then by second. */
function changes(zone: { localAt(instant: number): number }, fromYear: number, toYear: number) {
  const offset = (second: number) => (zone.localAt(second * 1e6) - second * 1e6) / 1e6;
  const found: { second: number; before: number; after: number }[] = [];
  const step = 72 * 3600;
  for (let at = Date.UTC(fromYear, 0) / 1000; at < Date.UTC(toYear, 0) / 1000; at += step) {
    if (offset(at) === offset(at + step)) continue;
    let [low, high] = [at, at + step];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offset(middle) === offset(at)) low = middle;
      else high = middle;
    }
    found.push({ second: high, before: offset(low), after: offset(high) });
  }
  return found;
}

describe('one meaning, whatever today is', () => {
  const TEXTS = [
    ['2023-10-29T02:30', 'Europe/Berlin', '2023-10-29T00:30:00.000000Z'],
    ['2023-10-29T02:59:59.999999', 'Europe/Berlin', '2023-10-29T00:59:59.999999Z'],
    ['2023-10-29T03:00', 'Europe/Berlin', '2023-10-29T02:00:00.000000Z'],
    ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30:00.000000Z'],
    ['2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000000Z'],
    ['2026-04-05T03:15', 'Pacific/Chatham', '2026-04-04T13:30:00.000000Z'],
    // before standard time: Monrovia was 44 minutes and 30 seconds west until 1972, Amsterdam 19:32 east
    ['1972-01-06T00:00:00.000001', 'Africa/Monrovia', '1972-01-06T00:44:30.000001Z'],
    ['1880-06-01T12:00', 'Europe/Berlin', '1880-06-01T11:06:32.000000Z'],
  ] as const;

  it.each(Array.from({ length: 12 }, (_, month) => month))('with the clock in month %i', async (month) => {
    // the machine's clock as well as the ledger's: Luxon reads the former
    vi.useFakeTimers({ now: Date.UTC(2026, month, 10), toFake: ['Date'] });
    try {
      expect(new Date().getUTCMonth()).toBe(month);
      for (const [text, zone, instant] of TEXTS) {
        const { first, last } = await readTimeExpression(text, { now: Date.now() * 1000, zone });
        expect([text, formatTime(first), last - first]).toEqual([text, instant, 0]);
      }
      const { first, last } = await day('2026-11-01', 'America/Havana');
      expect([formatTime(first), formatTime(last)]).toEqual([
        '2026-11-01T04:00:00.000000Z',
        '2026-11-02T04:59:59.999999Z',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('days that are not like others', () => {
  it.each([
    // midnight comes twice: the day has both hours
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00Z', 25],
    ['2026-10-25', 'Atlantic/Azores', '2026-10-25T00:00Z', 25],
    // midnight does not come
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00Z', 23],
    ['2026-03-08', 'America/Havana', '2026-03-08T05:00Z', 23],
    // clocks went from 00:00 back to 23:00: the day before has the hour
    ['2018-02-17', 'America/Sao_Paulo', '2018-02-17T02:00Z', 25],
    // from 00:01 back to 23:01: the day has begun by then
    ['2010-11-07', 'America/St_Johns', '2010-11-07T02:30Z', 25],
    ['2010-11-06', 'America/St_Johns', '2010-11-06T02:30Z', 24],
    ['2026-04-05', 'Australia/Lord_Howe', '2026-04-04T13:00Z', 24.5],
    // the day before and the day after one that never was
    ['2011-12-29', 'Pacific/Apia', '2011-12-29T10:00Z', 24],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00Z', 24],
    // a date that came twice
    ['1969-09-30', 'Pacific/Kwajalein', '1969-09-29T13:00Z', 47],
  ])('%s in %s begins at %s and has %d hours', async (date, zone, start, hours) => {
    const { first, last } = await day(date, zone);
    expect([formatTime(first), (last + 1 - first) / HOUR]).toEqual([formatTime(at(start)), hours]);
  });

  it('refuses a date and a time that a zone left out, and names them', async () => {
    for (const [text, zone, gap] of [
      ['2011-12-30', 'Pacific/Apia', '2011-12-30T00:00:00 to 2011-12-31T00:00:00'],
      ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T00:00:00 to 2011-12-31T00:00:00'],
      ['1993-08-21', 'Pacific/Kwajalein', '1993-08-21T00:00:00 to 1993-08-22T00:00:00'],
      ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T02:00:00 to 2026-03-29T03:00:00'],
      ['2026-10-04T02:15', 'Australia/Lord_Howe', '2026-10-04T02:00:00 to 2026-10-04T02:30:00'],
    ] as const) {
      const refusal = await rejectionOf(day(text, zone));
      expect(refusal).toMatchObject({ code: 'INVALID_TIME' });
      expect(refusal.message).toMatch(
        new RegExp(`^${text}(:00)? does not exist in ${zone}: clocks there go from ${gap}$`),
      );
      expect(refusal.hint).toContain(gap.split(' to ')[1]);
    }
  });

  it('today holds now, also in an hour that comes twice, and yesterday ends where it begins', async () => {
    for (const [zone, now, today] of [
      ['Pacific/Apia', at('2011-12-30T10:00:00Z'), '2011-12-31'],
      ['America/Havana', at('2026-11-01T05:30:00Z'), '2026-11-01'],
      // the second 23:30 of the 6th is after the first midnight
      ['America/St_Johns', at('2010-11-07T03:00:00Z'), '2010-11-07'],
    ] as const) {
      const span = await readTimeExpression('today', { now, zone });
      expect(span).toEqual(await day(today, zone));
      expect(span.first <= now && now <= span.last).toBe(true);
      expect((await readTimeExpression('yesterday', { now, zone })).last).toBe(span.first - 1);
    }
  });

  it('-1d is 24 hours in every zone', async () => {
    const now = at('2026-03-29T12:00:00Z');
    expect((await readTimeExpression('-1d', { now, zone: 'Europe/Berlin' })).first).toBe(now - 24 * HOUR);
  });
});

describe('zones', () => {
  it('takes fixed offsets and any case, and refuses what is none even where no zone is needed', async () => {
    expect(await moment('2026-04-12T09:00', 'UTC+5:30')).toBe('2026-04-12T03:30:00.000000Z');
    expect(await moment('2026-04-12T09:00', 'europe/berlin')).toBe('2026-04-12T07:00:00.000000Z');
    for (const text of ['2026-04-12T09:00:00Z', '-1h', 'now', '5.0', '2026-04-12']) {
      expect(await rejectionOf(day(text, 'Nowhere/Town'))).toMatchObject({
        code: 'INVALID_TIME',
        message: "'Nowhere/Town' is not a time zone",
      });
    }
  });

  it('refuses abbreviations, which mean several zones, and takes offsets', async () => {
    for (const name of ['BST', 'IST', 'PST', 'est', 'CET', 'AEST'])
      expect(await rejectionOf(day('2026-04-12', name))).toMatchObject({
        code: 'INVALID_TIME',
        message: expect.stringContaining(`'${name}' is an abbreviation`),
        hint: expect.stringContaining('Europe/London'),
      });
    for (const name of ['UTC', 'utc', 'GMT', 'Z', 'PRC', 'Japan', 'Cuba', 'Etc/GMT+3', 'US/Eastern'])
      await moment('2026-04-12T09:00', name);
    expect(await moment('2026-04-12T09:00', '+02:00')).toBe('2026-04-12T07:00:00.000000Z');
    expect(await moment('2026-04-12T09:00', '-05:30')).toBe('2026-04-12T14:30:00.000000Z');
    expect(await rejectionOf(day('2026-04-12', '+25:00'))).toMatchObject({ code: 'INVALID_TIME' });
  });

  it('reads the midnight of a date', () => {
    expect(midnightOf(at('1960-02-29T12:00:00Z', 1))).toBe(at('1960-02-29T00:00:00Z'));
  });
});
