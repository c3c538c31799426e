import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventMaker, FIELDS, lineBytesMin } from '../../../src/cli/bench/events.ts';

/** Digest of the events. If it changes, earlier measurements are no longer comparable. */
const DIGEST = '7383be73905fc207e33a1445123b41c5804e8552447a7d56684928e6d531a392';

const whole = (maker: EventMaker, count: number) => Buffer.concat([...maker.chunks(count)]);

it('generates JSON lines of exactly the given size, with a field for each routing rule', () => {
  const shapes = fc.record({
    partitions: fc.integer({ min: 1, max: 256 }),
    more: fc.nat(2000),
    number: fc.nat(2 ** 31),
  });
  fc.assert(
    fc.property(shapes, ({ partitions, more, number }) => {
      const lineBytes = lineBytesMin(number + 1, partitions) + more;
      const line = new EventMaker({ lineBytes, partitions }).line(number);
      expect(Buffer.byteLength(line)).toBe(lineBytes);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const event = JSON.parse(line) as Record<string, string | number>;
      expect(Object.keys(event)).toEqual([...FIELDS, 'pad']);
      expect(event).toMatchObject({
        id: number,
        tenant: expect.stringMatching(/^tenant-\d{1,3}$/),
        amount: expect.any(Number),
      });
      expect(Number(/^p(\d+)$/.exec(String(event['partition']))?.[1])).toBeLessThan(partitions);
    }),
  );
});

it('generates the same events every time, on every machine', () => {
  const input = whole(new EventMaker({ lineBytes: 200, partitions: 8 }), 20_000);
  expect(createHash('sha256').update(input).digest('hex')).toBe(DIGEST);
});

it('generates the same in chunks as line by line', () => {
  const maker = new EventMaker({ lineBytes: 150, partitions: 3 });
  const lines = Array.from({ length: 15_001 }, (_, number) => maker.line(number));
  expect([...maker.chunks(lines.length)].length).toBeGreaterThan(1);
  expect(whole(maker, lines.length).toString()).toBe(lines.join(''));
});

it('spreads keys and partitions evenly, advances the time, and pads events with different text', () => {
  const maker = new EventMaker({ lineBytes: 200, partitions: 8 });
  const events = Array.from(
    { length: 8000 },
    (_, number) => JSON.parse(maker.line(number)) as Record<string, string | number>,
  );
  const shares = (field: string) => {
    const counts = new Map<unknown, number>();
    for (const event of events) counts.set(event[field], (counts.get(event[field]) ?? 0) + 1);
    return [...counts.values()];
  };
  for (const field of ['partition', 'topic']) {
    expect(shares(field)).toHaveLength(8);
    for (const share of shares(field)) expect(Math.abs(share - 1000)).toBeLessThan(150);
  }
  expect(shares('tenant')).toHaveLength(1000);
  expect(shares('session').length).toBeGreaterThan(4000);
  expect(shares('amount').length).toBeGreaterThan(7000);
  expect(new Set(events.map(({ pad }) => String(pad).slice(0, 20))).size).toBeGreaterThan(7900);
  for (const [number, { time, tenant }] of events.entries()) {
    expect(Number(time) - Number(events[0]?.['time'])).toBe(number);
    expect(`tenant-${maker.tenant(number)}`).toBe(tenant);
  }
});
