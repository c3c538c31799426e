/** Times as people type them: words, spans back, dates, zones with their clock changes, durations. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDuration, readTimeExpression, type TimeContext } from '../../../src/core/model/time/time-expression.ts';
import { expectRefusal, rejectionOf } from '../../support/refusals.ts';
import { quick } from '../../support/test-size.ts';

const NOW = Date.parse('2026-04-12T22:30:00.123Z') * 1000 + 456;
const HOUR = 3600e6;
const BERLIN: TimeContext = { now: NOW, zone: 'Europe/Berlin' };
const UTC: TimeContext = { now: NOW };

const at = (text: string, rest = 0) => Date.parse(text) * 1000 + rest;
const instant = (time: number) => ({ first: time, last: time });
/** From the first microsecond to the last one before `end`. */
const span = (start: string, end: string) => ({ first: at(start), last: at(end) - 1 });

describe('words', () => {
  it('reads now as the clock that was passed in', async () => {
    expect(await readTimeExpression('now', UTC)).toEqual(instant(NOW));
    expect(await readTimeExpression('  now\n', UTC)).toEqual(instant(NOW));
  });

  it('reads today and yesterday as whole days of UTC', async () => {
    expect(await readTimeExpression('today', UTC)).toEqual(span('2026-04-12T00:00Z', '2026-04-13T00:00Z'));
    expect(await readTimeExpression('yesterday', UTC)).toEqual(span('2026-04-11T00:00Z', '2026-04-12T00:00Z'));
  });

  it('reads today and yesterday as days of the zone, where it may be tomorrow already', async () => {
    expect(await readTimeExpression('today', BERLIN)).toEqual(span('2026-04-12T22:00Z', '2026-04-13T22:00Z'));
    expect(await readTimeExpression('yesterday', BERLIN)).toEqual(span('2026-04-11T22:00Z', '2026-04-12T22:00Z'));
  });

  it('names the hyphen that a time before now begins with', async () => {
    for (const [text, meant] of [
      ['2h', '-2h'],
      ['1d12h', '-1d12h'],
      ['2h ago', '-2h'],
      ['30 min ago', '-30m'],
      ['2 hours ago', '-2h'],
      ['10 seconds', '-10s'],
      ['3 weeks ago', '-3w'],
    ] as const)
      expect((await rejectionOf(readTimeExpression(text, UTC))).hint).toBe(
        `write ${meant} for the time so long before now`,
      );
    for (const text of ['2x', '2 hens ago', 'ago', '2hh'])
      expect((await rejectionOf(readTimeExpression(text, UTC))).hint).toMatch(/^write 2026-04-12, /);
  });

  it('knows no other words', async () => {
    for (const word of ['Now', 'tomorrow', 'todays', '', '   '])
      expect((await rejectionOf(readTimeExpression(word, UTC))).code).toBe('INVALID_TIME');
  });
});

describe('times of a day', () => {
  it('reads them on today, or on yesterday', async () => {
    expect(await readTimeExpression('02:00', BERLIN)).toEqual(instant(at('2026-04-13T00:00:00Z')));
    expect(await readTimeExpression('today 02:00', BERLIN)).toEqual(instant(at('2026-04-13T00:00:00Z')));
    expect(await readTimeExpression('yesterday 23:50:01.5', BERLIN)).toEqual(instant(at('2026-04-12T21:50:01.5Z')));
    expect(await readTimeExpression('02:00Z', UTC)).toEqual(instant(at('2026-04-12T02:00:00Z')));
    expect(await readTimeExpression('yesterday 02:00+02:00', UTC)).toEqual(instant(at('2026-04-11T00:00:00Z')));
  });

  it('refuses them without a zone, and says how to name one', async () => {
    for (const text of ['02:00', 'yesterday 02:00', '2026-04-12 02:00']) {
      const refusal = await rejectionOf(readTimeExpression(text, UTC));
      expect(refusal.message).toBe(`'${text}' has no zone: end it with Z or an offset such as +02:00`);
      expect(refusal.hint).toBe(`write ${text}Z, or name the zone with \`zone\`, such as Europe/Berlin`);
    }
  });

  it.each(['2:00', '25:00', '02:60', 'today02:00', 'tomorrow 02:00', 'today  02:00', '02:00 today'])(
    'refuses %j',
    async (text) => {
      expect((await rejectionOf(readTimeExpression(text, BERLIN))).code).toBe('INVALID_TIME');
    },
  );

  it.each(['01:50-02:10', 'today 01:50-02:10', 'yesterday 01:50:30-02', '01:50 -0210'])(
    'refuses %j, which may be a range with the wrong sign in its middle',
    async (text) => {
      for (const context of [UTC, BERLIN]) {
        const refusal = await rejectionOf(readTimeExpression(text, context));
        expect(refusal.code).toBe('INVALID_TIME');
        expect(refusal.message).toBe(`'${text}' is ambiguous: an interval, or a time with an offset west of UTC`);
        const [start, end] = [text.slice(0, text.lastIndexOf('-')).trim(), text.endsWith('-02') ? '02:00' : '02:10'];
        expect(refusal.hint).toMatch(
          new RegExp(`^write ${start}/${end} for the interval, or the time with its date: 2026-04-1[123]T01:50`),
        );
      }
    },
  );

  it('shows one among the spellings, so that nobody has to guess', async () => {
    expect((await rejectionOf(readTimeExpression('2am', BERLIN))).hint).toBe(
      'write 2026-04-12, 2026-04-12T09:00:00Z, 09:00Z, today, yesterday, now or -2h',
    );
  });
});

describe('spans back from now', () => {
  it.each([
    ['-2h', 2 * HOUR],
    ['-1h30m', 1.5 * HOUR],
    ['-90s', 90e6],
    ['-250ms', 250e3],
    ['-1d', 24 * HOUR],
    ['-2w', 14 * 24 * HOUR],
    ['-0s', 0],
    ['-1m500ms', 60.5e6],
  ])('reads %s', async (text, ago) => {
    expect(await readTimeExpression(text, UTC)).toEqual(instant(NOW - ago));
  });

  it.each(['-', '-h', '-2', '-2q', '2h', '+2h', '-2h-3m', '-2 h', '-1.5h', '--2h'])(
    'does not read %j as one',
    async (text) => {
      const read = await readTimeExpression(text, UTC).catch((error: { code: string }) => error.code);
      // a number of seconds is a time, but not a span
      expect(read).toEqual(text === '-2' ? instant(-2e6) : 'INVALID_TIME');
    },
  );

  it('refuses a span that leads out of the years the ledger keeps', async () => {
    expect((await rejectionOf(readTimeExpression('-99999999w', UTC))).code).toBe('INVALID_TIME');
  });
});

describe('dates', () => {
  it('cover the whole day in UTC', async () => {
    expect(await readTimeExpression('2026-04-12', UTC)).toEqual(span('2026-04-12T00:00Z', '2026-04-13T00:00Z'));
    expect(await readTimeExpression('1960-02-29', UTC)).toEqual(span('1960-02-29T00:00Z', '1960-03-01T00:00Z'));
  });

  it('cover the whole day of a zone, which is 23 or 25 hours long when its clocks change', async () => {
    expect(await readTimeExpression('2026-04-12', BERLIN)).toEqual(span('2026-04-11T22:00Z', '2026-04-12T22:00Z'));
    expect(await readTimeExpression('2026-03-29', BERLIN)).toEqual(span('2026-03-28T23:00Z', '2026-03-29T22:00Z'));
    expect(await readTimeExpression('2026-10-25', BERLIN)).toEqual(span('2026-10-24T22:00Z', '2026-10-25T23:00Z'));
  });

  it('begin when their day begins, even where its midnight is left out', async () => {
    const day = await readTimeExpression('2018-11-04', { now: NOW, zone: 'America/Sao_Paulo' });
    expect(day).toEqual(span('2018-11-04T03:00Z', '2018-11-05T02:00Z'));
  });

  it.each(['2026-02-30', '2026-02-29', '2026-13-01', '2026-00-10', '2026-04-00'])(
    'refuse %s, which is in no calendar',
    async (text) => {
      for (const context of [UTC, BERLIN]) {
        const refusal = await rejectionOf(readTimeExpression(text, context));
        expect(refusal.code).toBe('INVALID_TIME');
        expect(refusal.message).toContain(`'${text}' is a date or time of day that does not exist`);
      }
    },
  );
});

describe('exact times', () => {
  it('reads RFC 3339 whatever the zone of the context', async () => {
    for (const context of [UTC, BERLIN]) {
      expect(await readTimeExpression('2026-04-12T09:00:00Z', context)).toEqual(instant(at('2026-04-12T09:00:00Z')));
      expect(await readTimeExpression('2026-04-12T09:00:00.000001-05:00', context)).toEqual(
        instant(at('2026-04-12T14:00:00Z', 1)),
      );
    }
  });

  it('reads epoch numbers', async () => {
    expect(await readTimeExpression('1517363399650', UTC)).toEqual(instant(1_517_363_399_650_000));
    expect(await readTimeExpression('-1.5', UTC)).toEqual(instant(-1_500_000));
    expect(await readTimeExpression('0', BERLIN)).toEqual(instant(0));
  });

  it('does not take a year or a date without hyphens for seconds since 1970', async () => {
    for (const text of ['2026', '1970', '20260412', '19991231']) {
      const refusal = await rejectionOf(readTimeExpression(text, UTC));
      expect(refusal.code).toBe('INVALID_TIME');
      expect(refusal.message).toContain(`'${text}' is ambiguous: a year or a date, or seconds since 1970`);
      expect(refusal.hint).toContain(`${text}.0`);
    }
    expect(await readTimeExpression('2026.0', UTC)).toEqual(instant(2_026_000_000));
    expect(await readTimeExpression('-2026', UTC)).toEqual(instant(-2_026_000_000));
    expect(await readTimeExpression('1000', UTC)).toEqual(instant(1_000_000_000));
    expect(await readTimeExpression('20261301', UTC)).toEqual(instant(20_261_301_000_000));
  });

  it('refuses a time without a zone, and says that it is the zone that is missing', async () => {
    for (const text of ['2026-04-12T09:00', '2026-04-12T09:00:00', '2026-04-12 09:00', '2026-04-12T09:00:00.5']) {
      const refusal = await rejectionOf(readTimeExpression(text, UTC));
      expect(refusal.code).toBe('INVALID_TIME');
      expect(refusal.message).toContain('has no zone');
    }
  });

  it('names what it could not read and shows how to write it', async () => {
    const refusal = await rejectionOf(readTimeExpression('soon', UTC));
    expect(refusal.message).toContain("'soon'");
    expect(refusal.hint).toContain('2026-04-12');
    expect((await rejectionOf(readTimeExpression('9'.repeat(5000), UTC))).message.length).toBeLessThan(300);
  });
});

describe('local times of a zone', () => {
  it('reads them with and without seconds, down to the microsecond', async () => {
    expect(await readTimeExpression('2026-04-12T09:00', BERLIN)).toEqual(instant(at('2026-04-12T07:00:00Z')));
    expect(await readTimeExpression('2026-04-12 09:00:01', BERLIN)).toEqual(instant(at('2026-04-12T07:00:01Z')));
    expect(await readTimeExpression('2026-04-12t09:00:01.2', BERLIN)).toEqual(instant(at('2026-04-12T07:00:01.200Z')));
    expect(await readTimeExpression('2026-04-12T09:00:01.1234567', BERLIN)).toEqual(
      instant(at('2026-04-12T07:00:01.123Z', 456)),
    );
    expect(await readTimeExpression('2026-01-12T09:00', BERLIN)).toEqual(instant(at('2026-01-12T08:00:00Z')));
    expect(await readTimeExpression('1960-01-12T09:00:00.000001', BERLIN)).toEqual(
      instant(at('1960-01-12T08:00:00Z', 1)),
    );
  });

  it('refuses the hour that the clocks of Berlin leave out in spring', async () => {
    for (const text of ['2026-03-29T02:00', '2026-03-29T02:30', '2026-03-29T02:59:59.999999']) {
      expect((await rejectionOf(readTimeExpression(text, BERLIN))).message).toContain('does not exist');
    }
    expect(await readTimeExpression('2026-03-29T01:59:59', BERLIN)).toEqual(instant(at('2026-03-29T00:59:59Z')));
    expect(await readTimeExpression('2026-03-29T03:00', BERLIN)).toEqual(instant(at('2026-03-29T01:00:00Z')));
  });

  it('reads the hour that comes twice in autumn as one of the two', async () => {
    const { first, last } = await readTimeExpression('2026-10-25T02:30', BERLIN);
    expect(last).toBe(first);
    expect([at('2026-10-25T00:30Z'), at('2026-10-25T01:30Z')]).toContain(first);
  });

  it.each(['2026-02-30T09:00', '2026-04-12T24:00', '2026-04-12T09:60', '2026-04-12T09:00:60'])(
    'refuses %s',
    async (text) => {
      expect((await rejectionOf(readTimeExpression(text, BERLIN))).code).toBe('INVALID_TIME');
    },
  );

  it('refuses a zone there is none of', async () => {
    const context = { now: NOW, zone: 'Atlantis/Capital' };
    for (const text of ['today', '2026-04-12', '2026-04-12T09:00']) {
      const refusal = await rejectionOf(readTimeExpression(text, context));
      expect(refusal.code).toBe('INVALID_TIME');
      expect(refusal.message).toContain('Atlantis/Capital');
    }
  });
});

describe('durations', () => {
  it.each([
    ['90s', 90e6],
    ['30m', HOUR / 2],
    ['24h', 24 * HOUR],
    ['7d', 7 * 24 * HOUR],
    ['2w', 14 * 24 * HOUR],
    ['1h30m', 1.5 * HOUR],
    ['5ms', 5e3],
    ['1m5ms', 60.005e6],
    ['0s', 0],
    ['5', 5e6],
    ['0.25', 250e3],
    ['1.5h', 1.5 * HOUR],
    ['1h 30m', 1.5 * HOUR],
    ['0.0005ms', 1],
  ])('reads %s', (text, micros) => {
    expect(readDuration(text)).toBe(micros);
  });

  it.each(['', '.', '5.', '.5s', '1e3', 's', '-5s', '5 s', '5S', '5q', '5s ', '1h-30m', '1h  30m', '5 5', 'PT5S'])(
    'refuses %j',
    (text) => {
      expectRefusal('INVALID_TIME', () => readDuration(text));
    },
  );

  it('refuses one that is longer than all of ledger time', () => {
    expect(readDuration('14000w')).toBe(14_000 * 7 * 24 * HOUR);
    for (const text of ['99999999w', '9'.repeat(400)]) expectRefusal('INVALID_TIME', () => readDuration(text));
  });
});

it('takes an offset west of UTC with a date, and not with a time of a day alone', async () => {
  const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
  const clock = fc.tuple(two(23), two(59)).map((parts) => parts.join(':'));
  await fc.assert(
    fc.asyncProperty(clock, clock, fc.constantFrom('-', '+'), async (time, offset, sign) => {
      const dated = `2026-04-12T${time}${sign}${offset}`;
      expect(await readTimeExpression(dated, BERLIN)).toEqual(instant(at(dated)));
      const alone = readTimeExpression(`${time}${sign}${offset}`, { now: at('2026-04-12T12:00Z') });
      if (sign === '-') expect((await rejectionOf(alone)).hint).toContain(`write ${time}/${offset} for the interval`);
      else expect(await alone).toEqual(instant(at(dated)));
    }),
    { numRuns: quick(100, 500) },
  );
});
