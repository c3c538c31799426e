/** Names of partitions: which are valid, how many there may be, and how unknown ones are reported. */

import { describe, expect, it } from 'vitest';
import {
  checkName,
  PARTITIONS_MAX,
  partitionNames,
  selectPartitions,
} from '../../../src/core/model/routing/partition.ts';
import { expectRefusal, refusalOf } from '../../support/refusals.ts';

describe('a name', () => {
  it.each(['a', '0', 'p0', 'north-sea', 'a.b_c-d', '9', 'x'.repeat(64)])('may be %s', (name) => {
    expect(checkName(name)).toBe(name);
  });

  it.each(['', 'A', 'p 0', '.a', '_a', '-a', 'ä', 'a/b', "a'b", 'a"b', 'a;b', 'a\n', '\na', 'a\0', 'x'.repeat(65)])(
    'may not be %j',
    (name) => {
      const refusal = refusalOf(() => checkName(name));
      expect(refusal.code).toBe('INVALID_ARGUMENT');
      expect(refusal.message).toContain('invalid partition name');
    },
  );

  it('is cut in the message that refuses it', () => {
    expect(refusalOf(() => checkName('x'.repeat(100_000))).message.length).toBeLessThan(200);
  });
});

describe('the partitions of a new ledger', () => {
  it('are numbered where only their count is given', () => {
    expect(partitionNames(1)).toEqual(['p0']);
    expect(partitionNames(3)).toEqual(['p0', 'p1', 'p2']);
    expect(partitionNames(PARTITIONS_MAX)).toHaveLength(PARTITIONS_MAX);
  });

  it('keep the names and the order they are given in', () => {
    expect(partitionNames(['west', 'east', 'p0'])).toEqual(['west', 'east', 'p0']);
  });

  it.each([0, -1, 1.5, PARTITIONS_MAX + 1, Number.NaN, Number.POSITIVE_INFINITY])('are not %s', (count) => {
    expectRefusal('INVALID_ARGUMENT', () => partitionNames(count));
  });

  it('are not none, not too many, and none is named twice', () => {
    expectRefusal('INVALID_ARGUMENT', () => partitionNames([]));
    expectRefusal('INVALID_ARGUMENT', () =>
      partitionNames(Array.from({ length: PARTITIONS_MAX + 1 }, (_, id) => `n${id}`)),
    );
    expect(refusalOf(() => partitionNames(['a', 'b', 'a'])).message).toContain("'a' is named twice");
    expectRefusal('INVALID_ARGUMENT', () => partitionNames(['a', 'B']));
  });
});

describe('partitions by name', () => {
  const partitions = partitionNames(12).map((name, id) => ({ id, name }));

  it('come in the order they were asked for', () => {
    expect(selectPartitions(partitions, ['p11', 'p0']).map(({ id }) => id)).toEqual([11, 0]);
    expect(selectPartitions(partitions, [])).toEqual([]);
  });

  it('that the ledger does not have are named, with some that it has', () => {
    const refusal = refusalOf(() => selectPartitions(partitions, ['p1', 'shoal']));
    expect(refusal.code).toBe('UNKNOWN_PARTITION');
    expect(refusal.message).toContain("'shoal'");
    expect(refusal.hint).toContain('p7 and 4 more');
    expect(refusalOf(() => selectPartitions(partitions.slice(0, 2), ['x'])).hint).toBe('it has p0, p1');
  });
});
