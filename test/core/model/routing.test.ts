/** Routing as text and as data, and the epoch that was in force at a sequence. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Epochs, epochAt, formatRoutingSpec, hashOf, parseRoutingSpec, placedBy } from '../../../src/core/model/routing.ts';
import { expectRefusal, refusalOf } from '../../support/refusals.ts';

it('reads the routings there are', () => {
  expect(parseRoutingSpec('hash')).toEqual({ rule: 'hash', field: null });
  expect(parseRoutingSpec('hash:tenant')).toEqual({ rule: 'hash', field: ['tenant'] });
  expect(parseRoutingSpec('hash:a:b.c')).toEqual({ rule: 'hash', field: ['a:b', 'c'] });
  expect(parseRoutingSpec('manual:place.shoal')).toEqual({ rule: 'manual', field: ['place', 'shoal'] });
});

it('has a helper for each of them', () => {
  expect(hashOf()).toEqual(parseRoutingSpec('hash'));
  expect(hashOf('tenant')).toEqual(parseRoutingSpec('hash:tenant'));
  expect(placedBy('shoal')).toEqual(parseRoutingSpec('manual:shoal'));
});

it.each(['', 'Hash', ' hash', 'hash:', 'hash:a..b', 'manual', 'manual:', 'modulo:a', 'tenant', ':tenant', '__proto__', 'constructor:a'])(
  'refuses %j',
  (text) => {
    expectRefusal('INVALID_ARGUMENT', () => parseRoutingSpec(text));
  },
);

it('says which routings there are when it refuses one', () => {
  expect(refusalOf(() => parseRoutingSpec('modulo:a')).hint).toContain('hash:FIELD');
});

it('reads back what it writes', () => {
  const key = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('.'));
  const field = fc.array(key, { minLength: 1, maxLength: 4 });
  const spec = fc.oneof(
    fc.record({ rule: fc.constant('hash' as const), field: fc.oneof(field, fc.constant(null)) }),
    fc.record({ rule: fc.constant('manual' as const), field }),
  );
  fc.assert(
    fc.property(spec, (routing) => {
      expect(parseRoutingSpec(formatRoutingSpec(routing))).toEqual(routing);
    }),
  );
});

it('finds the epoch an event was routed in', () => {
  const epoch = (number: number, fromSequence: number) => ({ epoch: number, fromSequence, spec: hashOf(), partitionCount: 8 });
  const epochs: Epochs = [epoch(0, 1), epoch(1, 11), epoch(2, 11), epoch(3, 40)];
  expect([1, 10, 11, 39, 40, 1e15].map((sequence) => epochAt(epochs, sequence).epoch)).toEqual([0, 0, 2, 2, 3, 3]);
});
