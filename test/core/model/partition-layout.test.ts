/** The partitions of a new ledger: how many, which names, and how many of them receive keys. */

import { describe, expect, it } from 'vitest';
import { layOutPartitions } from '../../../src/core/model/routing/partition-layout.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { refusalOf } from '../../support/refusals.ts';

const layOut = (spec: string, asked?: number | readonly string[]) => layOutPartitions(parseRoutingSpec(spec), asked);

describe('the partitions of a new ledger', () => {
  it('are eight by default', () => {
    expect(layOut('hash:a').partitionIds).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(layOut('hash:a', 3)).toEqual({ partitionNames: ['p0', 'p1', 'p2'], partitionIds: [0, 1, 2] });
  });

  it('of a range are as many as its bounds make', () => {
    expect(layOut('range:a=1,2')).toEqual({ partitionNames: ['p0', 'p1', 'p2'], partitionIds: [0, 1, 2] });
    expect(layOut('range:a=1,2', 3)).toEqual(layOut('range:a=1,2'));
    expect(layOut('range:a=1,2', ['low', 'mid', 'high']).partitionNames).toEqual(['low', 'mid', 'high']);
    expect(refusalOf(() => layOut('range:a=1,2', 8)).message).toBe('a range with 2 bounds has 3 partitions, not 8');
    expect(refusalOf(() => layOut('range:a=1', ['a'])).message).toBe('a range with 1 bound has 2 partitions, not 1');
  });

  it('have one more for events without a key, which changes no number of the others', () => {
    expect(layOut('hash:a,missing=rest', 2)).toEqual({ partitionNames: ['p0', 'p1', 'rest'], partitionIds: [0, 1] });
    expect(layOut('range:a=1,missing=rest')).toEqual({ partitionNames: ['p0', 'p1', 'rest'], partitionIds: [0, 1] });
  });

  it('have no other one where it is one of those named', () => {
    expect(layOut('hash:a,missing=p1', 2)).toEqual({ partitionNames: ['p0', 'p1'], partitionIds: [0, 1] });
    expect(layOut('range:a=1,missing=low', ['low', 'high'])).toEqual({
      partitionNames: ['low', 'high'],
      partitionIds: [0, 1],
    });
  });

  it('placed by hand are all alike', () => {
    expect(layOut('manual:a,missing=rest', ['cod'])).toEqual({ partitionNames: ['cod', 'rest'], partitionIds: [0, 1] });
  });

  it('are 256 at most in total', () => {
    expect(layOut('hash:a,missing=rest', 255).partitionNames).toHaveLength(256);
    expect(refusalOf(() => layOut('hash:a,missing=rest', 256)).message).toBe('257 partitions are out of range');
  });
});
