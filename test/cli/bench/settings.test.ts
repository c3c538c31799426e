import { expect, it } from 'vitest';
import { EventMaker, lineBytesMin } from '../../../src/cli/bench/events.ts';
import { readSettings } from '../../../src/cli/bench/settings.ts';

const FLAGS = { events: 1_000_000, size: 200, partitions: 8, routing: 'hash:tenant', durability: 'full' } as const;

it('refuses events too small for their fields, and names the smallest size', () => {
  const least = lineBytesMin(1_000_000, 8);
  expect(() => readSettings({ ...FLAGS, size: least - 1 })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', hint: `use --size ${least}` }),
  );
  const { lineBytes, partitions } = readSettings({ ...FLAGS, size: least });
  expect(new EventMaker({ lineBytes, partitions }).line(999_999)).toHaveLength(least);
});

it('accepts the longest line of a ledger, and none longer', () => {
  expect(readSettings({ ...FLAGS, size: 1_048_577 }).lineBytes).toBe(1_048_577);
  expect(() => readSettings({ ...FLAGS, size: 1_048_578 })).toThrow(
    expect.objectContaining({ hint: 'use --size 1048577' }),
  );
});

it('accepts the routing rules of the core, and prints them in its canonical form', () => {
  expect(readSettings(FLAGS).routing).toBe('hash:tenant');
  expect(() => readSettings({ ...FLAGS, routing: 'hush:tenant' })).toThrow("'hush:tenant' is not a routing");
});
