/** Events without a key: where a routing sends them, that other faults stay faults, and that no other key moves. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutPartitions } from '../../../src/core/model/routing/partition-layout.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { refusalOf } from '../../support/refusals.ts';
import { inForce, routing } from '../../support/routed.ts';

const NO_KEYS = ['{}', '{"k":null}', '{"k":[]}', '{"k":{"k":1}}', '"k"'];

describe.each([
  ['hash:k', 3],
  ['range:k=1,2', 3],
  ['composite:k+j', 3],
  ['manual:k', 3],
])('%s', (spec, count) => {
  it('sends events without a key to a partition of their own', () => {
    const route = routing(`${spec},missing=rest`, count);
    for (const line of NO_KEYS) expect(route(line)).toEqual({ to: 3, key: null });
  });

  it('sends them to one of the others where it is named', () => {
    const route = routing(`${spec},missing=p1`, count);
    for (const line of NO_KEYS) expect(route(line).to).toBe(1);
  });

  it('moves no key for their sake', () => {
    const [plain, shared, apart] = [spec, `${spec},missing=p1`, `${spec},missing=rest`].map((text) =>
      routing(text, count),
    );
    const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.string(), fc.boolean());
    fc.assert(
      fc.property(value, (k) => {
        const line = JSON.stringify({ k, j: 'x' });
        const there = plain?.(line);
        if (there?.to === 'key-missing' || there?.to === 'key-not-scalar') return;
        expect(shared?.(line)).toEqual(there);
        expect(apart?.(line)).toEqual(there);
      }),
    );
  });
});

it('a key that cannot be compared, or names no partition, is not missing', () => {
  expect(routing('range:k=1,missing=rest', 2)('{"k":"1"}').to).toBe('key-not-comparable');
  expect(routing('manual:k,missing=rest', 2)('{"k":"p9"}').to).toBe('unknown-partition');
});

it('by hand, an event may name that partition too', () => {
  expect(routing('manual:k,missing=rest', 2)('{"k":"rest"}').to).toBe(2);
});

it('a routing that contradicts the partitions there are is refused', () => {
  const spec = parseRoutingSpec('hash:k,missing=rest');
  expect(refusalOf(() => makeRouter(inForce({ spec, partitionIds: [0] }))).code).toBe('DAMAGED_LEDGER');
  const range = parseRoutingSpec('range:k=1,2');
  const beyond = inForce({ spec: parseRoutingSpec('hash:k'), partitionIds: [0, 7], partitionNames: ['p0'] });
  expect(refusalOf(() => makeRouter(beyond)).code).toBe('DAMAGED_LEDGER');
  expect(refusalOf(() => makeRouter(inForce({ spec: range, partitionIds: [0, 1] }))).code).toBe('DAMAGED_LEDGER');
});

it('every routing is total, in range and the same after a restart', () => {
  const specs = [
    'hash',
    'hash:k',
    'hash:k,missing=rest',
    'range:k=-1,2.5',
    'range:k=b,m,missing=rest',
    'composite:k+j',
    'composite:k+j,missing=p0',
    'manual:k',
  ];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('p0', 'p1', 'rest', null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const line = fc.record({ k: value, j: value }, { requiredKeys: [] }).map((event) => JSON.stringify(event));
  const refusals = ['key-missing', 'key-not-scalar', 'key-not-comparable', 'unknown-partition'];
  fc.assert(
    fc.property(
      fc.constantFrom(...specs),
      fc.integer({ min: 1, max: 256 }),
      fc.array(line, { maxLength: 20 }),
      (text, asked, lines) => {
        const parsed = parseRoutingSpec(text);
        const count = parsed.rule === 'range' ? undefined : Math.min(asked, 255);
        const layout = layOutPartitions(parsed, count);
        const [route, again] = [routing(text, count), routing(text, count)];
        const reached = lines.map((each) => route(each).to);
        for (const to of reached) {
          if (typeof to === 'number')
            expect(to >= 0 && to < layout.partitionNames.length && Number.isInteger(to)).toBe(true);
          else expect(refusals).toContain(to);
        }
        expect(lines.toReversed().map((each) => again(each).to)).toEqual(reached.toReversed());
      },
    ),
    { numRuns: 500 },
  );
});
