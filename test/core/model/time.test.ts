/** Ledger time: what is read as a time, what is rejected and why, and that writing and reading agree. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTime,
  type Micros,
  NO_TIME,
  startOfDay,
  TIME_MIN,
  type TimeFault,
  type TimeReading,
} from '../../../src/core/model/time/time.ts';
import { readTimeNumber, readTimeText } from '../../../src/core/model/time/time-text.ts';
import { timeZone } from '../../../src/core/model/time/time-zone.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { quick } from '../../support/test-size.ts';

type Reader = (bytes: Buffer, start: number, end: number, reading: TimeReading) => void;

/** The time, or the fault where there is none. Read from the middle of other bytes, as a scanner hands it over. */
function readWith(reader: Reader, text: string): Micros | TimeFault {
  const reading: TimeReading = { time: 123, fault: undefined };
  const bytes = Buffer.from(`9${text}9`);
  reader(bytes, 1, bytes.length - 1, reading);
  if (reading.fault === undefined) return reading.time;
  expect(reading.time).toBe(NO_TIME);
  return reading.fault;
}

const rfc3339 = (text: string) => readWith(readTimeText, text);
const epochNumber = (text: string) => readWith(readTimeNumber, text);
const micros = (text: string, rest = 0): Micros => Date.parse(text) * 1000 + rest;

const anyTime = fc.integer({ min: TIME_MIN, max: -TIME_MIN });

describe('date-times', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['2018-01-31T01:49:59.65Z', micros('2018-01-31T01:49:59.650Z')],
    ['2024-02-29T12:00:00Z', micros('2024-02-29T12:00:00Z')],
    ['2000-02-29T00:00:00Z', micros('2000-02-29T00:00:00Z')],
    ['2026-04-12T09:00:00+02:00', micros('2026-04-12T07:00:00Z')],
    ['2026-04-12T09:00:00-09:30', micros('2026-04-12T18:30:00Z')],
    ['2026-01-01T00:00:00+23:59', micros('2025-12-31T00:01:00Z')],
    ['2026-04-12T09:00:00-00:00', micros('2026-04-12T09:00:00Z')],
    ['2026-04-12t09:00:00z', micros('2026-04-12T09:00:00Z')],
    ['2026-04-12 09:00:00Z', micros('2026-04-12T09:00:00Z')],
    ['2026-04-12T09:00:00.5+02:00', micros('2026-04-12T07:00:00.500Z')],
    ['2018-01-31T01:49:59.123456-0600', micros('2018-01-31T07:49:59Z', 123_456)],
    ['2026-04-12T09:00:00+0200', micros('2026-04-12T07:00:00Z')],
    ['2026-04-12T09:00:00+00', micros('2026-04-12T09:00:00Z')],
    ['2026-04-12T09:00:00-09', micros('2026-04-12T18:00:00Z')],
    ['2026-04-12 09:00:00,123 +0200', micros('2026-04-12T07:00:00.123Z')],
    ['2026-04-12T09:00:00,5Z', micros('2026-04-12T09:00:00.500Z')],
    ['2026-04-12T09:00Z', micros('2026-04-12T09:00:00Z')],
    ['2026-04-12 09:00+02', micros('2026-04-12T07:00:00Z')],
    ['2026-04-12 09:00:00 UTC', micros('2026-04-12T09:00:00Z')],
    ['20260412T090000Z', micros('2026-04-12T09:00:00Z')],
    ['20260412T090000.25+0200', micros('2026-04-12T07:00:00.250Z')],
  ])('reads %s', (text, time) => {
    expect(rfc3339(text)).toBe(time);
  });

  it('reads six digits of a fraction and cuts off the rest, before 1970 too', () => {
    expect(rfc3339('2026-04-12T09:00:00.123456Z')).toBe(micros('2026-04-12T09:00:00Z', 123_456));
    expect(rfc3339('2026-04-12T09:00:00.1234569Z')).toBe(micros('2026-04-12T09:00:00Z', 123_456));
    expect(rfc3339(`2026-04-12T09:00:00.${'9'.repeat(400)}Z`)).toBe(micros('2026-04-12T09:00:00Z', 999_999));
    expect(rfc3339('1960-04-12T09:00:00.1234569Z')).toBe(micros('1960-04-12T09:00:00Z', 123_456));
  });

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2016-12-31T23:59:61Z',
    '2016-12-31T22:59:60Z',
    '2016-12-31T23:59:60+01:00',
    '2016-12-31T23:58:60Z',
  ])('knows that %s does not exist', (text) => {
    expect(rfc3339(text)).toBe('no-such-date');
  });

  it.each([
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00.5',
    '2026-01-01 00:00',
    '2026-01-01 00:00:00,123',
    '20260101T0000',
  ])('misses the zone of %s', (text) => {
    expect(rfc3339(text)).toBe('no-zone');
  });

  it.each([
    '',
    'yesterday',
    '2026-01-01',
    '2026/01/01T00:00:00Z',
    '2026-01-01_00:00:00Z',
    '2026-01-01T00-00-00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00.5Z',
    '2026-01-01T00Z',
    '2026-01-01T00:00:00  Z',
    '2026-01-01  00:00:00Z',
    '2026-01-01T00:00:00 CET',
    '2026-01-01T00:00:00+020',
    '2026-01-01T00:00:00+2400',
    '2026-01-01T00:00:00 +0260',
    '20260101 000000Z',
    '01/02/2026 00:00:00Z',
    '2026-01-01T00:00:00ZZ',
    '2026-01-01T00:00:00Z ',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00+2:00',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+02:60',
    '2026-01-01T00:00:00+02:000',
    '+2026-01-01T00:00:00Z',
    '-001-01-01T00:00:00Z',
    '202x-01-01T00:00:00Z',
    '2026-01-01T00:00:0/Z',
    '2026-01-01T00:00:0:Z',
    '２０２６-01-01T00:00:00Z',
  ])('refuses %j as no time at all', (text) => {
    expect(rfc3339(text)).toBe('not-a-time');
  });

  it.each([
    '1827-01-01T00:00:00Z',
    '2113-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ])('finds %s out of range, where the difference of two times is no longer exact', (text) => {
    expect(rfc3339(text)).toBe('out-of-range');
  });

  it('ends its range at the last exact microsecond on both sides', () => {
    const last = 2 ** 52;
    expect(TIME_MIN).toBe(-last);
    expect(rfc3339(formatTime(last))).toBe(last);
    expect(rfc3339(formatTime(TIME_MIN))).toBe(TIME_MIN);
    expect(rfc3339('2112-09-17T23:53:47.370497Z')).toBe('out-of-range');
    expect(rfc3339('1827-04-16T00:06:12.629503Z')).toBe('out-of-range');
  });

  it('takes a leap second for the last microsecond before it, wherever the clock is', () => {
    const last = micros('2016-12-31T23:59:59Z', 999_999);
    for (const text of [
      '2016-12-31T23:59:60Z',
      '2016-12-31T23:59:60.75Z',
      '2017-01-01T05:29:60+05:30',
      '2016-12-31 15:59:60,1 -08',
      '20161231T235960Z',
    ])
      expect(rfc3339(text), text).toBe(last);
  });

  it('never throws and always answers with a time or a fault, whatever the bytes', () => {
    const nearlyTimes = fc
      .tuple(anyTime, fc.nat(40), fc.string({ unit: anyCharacter, maxLength: 2 }))
      .map(([time, at, other]) => formatTime(time).slice(0, at) + other + formatTime(time).slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyCharacter }), nearlyTimes), (text) => {
        const read = rfc3339(text);
        if (typeof read === 'number') expect(Number.isSafeInteger(read)).toBe(true);
      }),
      { numRuns: quick(1500, 5000) },
    );
  });
});

describe('writing times', () => {
  it('is read back to the same microsecond', () => {
    fc.assert(
      fc.property(anyTime, (time) => {
        expect(rfc3339(formatTime(time))).toBe(time);
      }),
      { numRuns: quick(1500, 5000) },
    );
  });

  it('agrees with Date and adds the microseconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -4_503_599_627_370, max: 4_503_599_627_369 }),
        fc.integer({ min: 0, max: 999 }),
        (millis, rest) => {
          expect(formatTime(millis * 1000 + rest)).toBe(
            `${new Date(millis).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`,
          );
        },
      ),
      { numRuns: quick(1500, 5000) },
    );
  });

  it('keeps the order of times in the order of their texts', () => {
    fc.assert(
      fc.property(anyTime, anyTime, (one, other) => {
        expect(formatTime(one) < formatTime(other)).toBe(one < other);
      }),
    );
  });
});

describe('offsets', () => {
  it('shift a local time as Date does', () => {
    const parts = fc.record({
      millis: fc.integer({ min: -4.5e12, max: 4.5e12 }),
      minutes: fc.integer({ min: -1439, max: 1439 }),
    });
    fc.assert(
      fc.property(parts, ({ millis, minutes }) => {
        const pad = (value: number) => String(value).padStart(2, '0');
        const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
        const text = new Date(millis).toISOString().replace('Z', zone);
        expect(rfc3339(text)).toBe((millis - minutes * 60_000) * 1000);
      }),
    );
  });
});

describe('the calendar', () => {
  it('knows the same days as Date', () => {
    const day = fc.tuple(
      fc.integer({ min: 0, max: 9999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
    );
    fc.assert(
      fc.property(day, ([year, month, dayOfMonth]) => {
        const date = new Date(0);
        date.setUTCFullYear(year, month - 1, dayOfMonth);
        const exists =
          date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === dayOfMonth;
        expect(startOfDay(year, month, dayOfMonth)).toBe(exists ? date.getTime() * 1000 : NO_TIME);
      }),
      { numRuns: quick(1500, 5000) },
    );
  });
});

describe('epoch numbers', () => {
  const second = micros('2018-01-31T01:49:59Z');

  it.each([
    ['0', 0],
    ['1', 1_000_000],
    ['1517363399', second],
    ['1517363399650', second + 650_000],
    ['1517363399650123', second + 650_123],
    ['1517363399650123456', second + 650_123],
  ])('reads %s by its magnitude', (text, time) => {
    expect(epochNumber(text)).toBe(time);
  });

  it('changes its unit at 12, 15 and 18 digits', () => {
    expect(epochNumber('4503599627')).toBe(4_503_599_627 * 1e6);
    expect(epochNumber('100000000000')).toBe(100_000_000_000 * 1e3);
    expect(epochNumber('99999999999')).toBe('out-of-range');
    expect(epochNumber('100000000000000')).toBe(100_000_000_000_000);
    expect(epochNumber('99999999999999')).toBe('out-of-range');
    expect(epochNumber('100000000000000000')).toBe(100_000_000_000_000);
  });

  it('counts a fraction down to the microsecond in every unit', () => {
    expect(epochNumber('1517363399.65')).toBe(second + 650_000);
    expect(epochNumber('1517363399.6501239')).toBe(second + 650_123);
    expect(epochNumber('1517363399650.1239')).toBe(second + 650_123);
    expect(epochNumber('1517363399650123.9')).toBe(second + 650_123);
    expect(epochNumber('1517363399650123999.9')).toBe(second + 650_123);
    expect(epochNumber('0.000001')).toBe(1);
    expect(epochNumber('0.0000009')).toBe(0);
  });

  it('reads negative numbers as times before 1970 and cuts towards the past', () => {
    expect(epochNumber('-1')).toBe(-1_000_000);
    expect(epochNumber('-1.5')).toBe(-1_500_000);
    expect(epochNumber('-0.000001')).toBe(-1);
    expect(epochNumber('-0.0000001')).toBe(-1);
    expect(epochNumber('-1.0000000')).toBe(-1_000_000);
    expect(epochNumber('-1517363399650123456')).toBe(-(second + 650_123) - 1);
  });

  it('reads minus zero as zero', () => {
    expect(epochNumber('-0')).toBe(0);
    expect(epochNumber('-0.0')).toBe(0);
  });

  it.each(['', '-', 'x', '1x', '1.', '.5', '-.5', '1.2.3', '1e', '1e+', 'e9', '+1', ' 1', '1 ', '0x10', '1_000'])(
    'refuses %j',
    (text) => {
      expect(epochNumber(text)).toBe('not-a-time');
    },
  );

  it.each([
    '9007199255',
    '9007199254740993',
    '99999999999999999',
    '12345678901234567890',
    '-9007199255',
    '9'.repeat(1000),
  ])('finds %s out of range', (text) => {
    expect(epochNumber(text)).toBe('out-of-range');
  });

  it('agrees with exact arithmetic on numbers of any unit', () => {
    const scales = [1_000_000_000_000n, 1_000_000_000n, 1_000_000n, 1_000n];
    const number = fc.record({
      isNegative: fc.boolean(),
      whole: fc.bigInt(0n, 10n ** 19n - 1n),
      fraction: fc.stringMatching(/^[0-9]{0,6}$/),
    });
    const short = fc.record({
      isNegative: fc.boolean(),
      whole: fc.bigInt(0n, 9_007_199_254n),
      fraction: fc.stringMatching(/^[0-9]{0,6}$/),
    });
    fc.assert(
      fc.property(fc.oneof(number, short), ({ isNegative, whole, fraction }) => {
        const text = `${isNegative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
        const unit = [10n ** 11n, 10n ** 14n, 10n ** 17n].filter((limit) => whole >= limit).length;
        // times 10^12: six digits for the fraction, six for the shift of nanoseconds
        const exact = BigInt(`${isNegative ? '-' : ''}${whole}${fraction.padEnd(6, '0')}`) * (scales[unit] as bigint);
        const scale = 10n ** 12n;
        const floored = exact >= 0n || exact % scale === 0n ? exact / scale : exact / scale - 1n;
        const isExact = floored >= BigInt(TIME_MIN) && floored <= 2n ** 52n;
        const read = epochNumber(text);
        // minus zero has a test of its own
        expect(typeof read === 'number' ? BigInt(read) : read).toBe(isExact ? floored : 'out-of-range');
      }),
      { numRuns: quick(1000, 3000) },
    );
  });
});

describe('numbers of other spellings', () => {
  it.each([
    ['1.7e9', 1_700_000_000e6],
    ['1.69E9', 1_690_000_000e6],
    ['17e8', 1_700_000_000e6],
    ['1.7e12', 1_700_000_000e6],
    ['1.739797379231625e15', 1_739_797_379_231_625],
    ['1739797379.231625e0', 1_739_797_379_231_625],
    ['12345678901234567890e-10', 1_234_567_890_123_456],
    ['1e-6', 1],
    ['1e-400', 0],
    ['-1e-400', -1],
    ['0e999', 0],
  ])('reads %s as what it is worth', (text, time) => {
    expect(epochNumber(text)).toBe(time);
  });

  it.each(['1e20', '1e400', '-1e400', `1e${'9'.repeat(2000)}`])('finds %s out of range', (text) => {
    expect(epochNumber(text)).toBe('out-of-range');
  });

  it.each([
    ['1739797379231625', 1_739_797_379_231_625],
    ['1739797379231625000', 1_739_797_379_231_625],
    ['1739797379231', 1_739_797_379_231_000],
    ['1505194400.0', 1_505_194_400e6],
    ['1505194400', 1_505_194_400e6],
    ['1.7e9', 1_700_000_000e6],
    ['-1', -1e6],
    ['0', 0],
  ])('reads the text %j like the number', (text, time) => {
    expect(rfc3339(text)).toBe(time);
  });

  it.each([
    '2026',
    '202604',
    '20260412',
    '202604120900',
    '0123456789',
    '+1505194400',
    '1,505,194,400',
    '1505194400,0',
    '0x10',
  ])('does not guess the text %j', (text) => {
    expect(rfc3339(text)).toBe('not-a-time');
  });
});

describe('a zone of times without an offset', () => {
  const inBerlin = async (text: string): Promise<Micros | TimeFault> => {
    const zone = await timeZone('Europe/Berlin');
    return readWith((bytes, start, end, reading) => readTimeText(bytes, start, end, reading, zone), text);
  };

  it.each([
    ['2026-01-12T09:00:00', micros('2026-01-12T08:00:00Z')],
    ['2026-07-12 09:00:00,123', micros('2026-07-12T07:00:00.123Z')],
    ['2026-07-12 09:00', micros('2026-07-12T07:00:00Z')],
    ['2026-07-12T09:00:00Z', micros('2026-07-12T09:00:00Z')],
    ['2026-07-12 09:00:00 -0600', micros('2026-07-12T15:00:00Z')],
    // clocks go back from 03:00 to 02:00: the first of the two
    ['2026-10-25 02:30:00', micros('2026-10-25T00:30:00Z')],
    ['2017-01-01 00:59:60', micros('2016-12-31T23:59:59Z', 999_999)],
    ['1739797379231625', 1_739_797_379_231_625],
  ])('reads %s', async (text, time) => {
    expect(await inBerlin(text)).toBe(time);
  });

  it.each([
    ['2026-03-29 02:30:00', 'skipped'],
    ['2026-02-30 02:30:00', 'no-such-date'],
    ['2016-12-31 23:59:60', 'no-such-date'],
    ['2026-02-03', 'not-a-time'],
  ])('refuses %s', async (text, fault) => {
    expect(await inBerlin(text)).toBe(fault);
  });
});
