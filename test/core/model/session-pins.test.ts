import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Epoch } from '../../../src/core/model/routing/routing.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { idleRule, pinsHoldSince } from '../../../src/core/model/routing/session-pins.ts';

const epochsOf = (...specs: string[]): Epoch[] =>
  specs.map((spec, at) => ({
    epoch: at + 1,
    fromSequence: at * 10 + 1,
    spec: parseRoutingSpec(spec),
    partitionIds: [0, 1 + at],
    placedFrom: null,
  }));

describe('pins hold', () => {
  it.each([
    [['sticky:s'], 1],
    [['sticky:s', 'sticky:s', 'sticky:s'], 1],
    [['hash:s', 'sticky:s', 'sticky:s'], 2],
    [['sticky:s', 'hash:s', 'sticky:s'], 3],
    [['sticky:s', 'sticky:t'], 2],
    [['sticky:s', 'sticky:t', 'sticky:s'], 3],
    [['sticky:s', 'sticky:s,idle=1h', 'sticky:s,idle=1h'], 2],
    [['sticky:s', 'sticky:s,missing=rest'], 1],
    [['sticky:s', 'hash:s'], null],
    [[], null],
  ])('of %j since epoch %j', (specs, since) => {
    expect(pinsHoldSince(epochsOf(...specs))).toBe(since);
  });
});

describe('an idle time', () => {
  it('is never cut short, and never longer by more than a sixteenth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (idleMicros) => {
        const { renewedAfter, endsAfter } = idleRule(idleMicros);
        // seen at 0, and at the last moment that is not written down; idle from then on
        expect(endsAfter - renewedAfter).toBe(idleMicros);
        expect(endsAfter).toBeLessThanOrEqual((idleMicros * 17) / 16);
      }),
    );
  });

  it('of none is unlimited', () => {
    expect(idleRule(null)).toEqual({ renewedAfter: Number.POSITIVE_INFINITY, endsAfter: Number.POSITIVE_INFINITY });
  });
});
