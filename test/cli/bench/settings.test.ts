import { expect, it } from 'vitest';
import { EventMaker, lineBytesMin } from '../../../src/cli/bench/events.ts';
import { readCount, readSettings } from '../../../src/cli/bench/settings.ts';
import { LedgerError } from '../../../src/index.ts';

const FLAGS = { events: '1e6', size: '200', partitions: 8, partition: 'hash:tenant', durability: 'full' } as const;

it.each([
  ['200000', 200_000],
  ['200_000', 200_000],
  ['1e6', 1_000_000],
  ['1.5e3', 1500],
  ['1M', 1_000_000],
  ['1.1m', 1_100_000],
  ['200k', 200_000],
  ['2G', 2_000_000_000],
])('reads %s as %d', (text, expected) => {
  expect(readCount(text, 'events')).toBe(expected);
});

it.each(['', '0', '-1', '1.5', '1e-3', 'many', '1 000', '0x10', '1e99', 'Infinity', '1kk', '_1'])("refuses '%s' as a number of events", (text) => {
  const act = () => readCount(text, 'events');
  expect(act).toThrow(LedgerError);
  expect(act).toThrow(`'${text}' is not a number of events`);
});

it('refuses events that have no room for their fields, and names the size that has', () => {
  const least = lineBytesMin(1_000_000, 8);
  expect(() => readSettings({ ...FLAGS, size: String(least - 1) })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', hint: `use --size ${least}` }));
  const { lineBytes, partitions } = readSettings({ ...FLAGS, size: String(least) });
  expect(new EventMaker({ lineBytes, partitions }).line(999_999)).toHaveLength(least);
});

it('takes the longest line that a ledger takes, and none longer', () => {
  expect(readSettings({ ...FLAGS, size: '1048577' }).lineBytes).toBe(1_048_577);
  expect(() => readSettings({ ...FLAGS, size: '1048578' })).toThrow(expect.objectContaining({ hint: 'use --size 1048577' }));
});

it("takes what the core takes for a routing, in the core's words", () => {
  expect(readSettings(FLAGS).partition).toBe('hash:tenant');
  expect(() => readSettings({ ...FLAGS, partition: 'hush:tenant' })).toThrow("'hush:tenant' is not a routing");
});
