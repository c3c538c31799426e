import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FINDINGS_MAX, findingsOf } from '../../src/views/findings.ts';

type Facts = Parameters<typeof findingsOf>[0];

interface Case {
  readonly counts?: readonly number[];
  readonly bucketMs?: number;
  readonly groups?: readonly { name: string; lag: number; members: number; parked: number }[];
  readonly partitions?: readonly number[];
  readonly late?: number;
  readonly isBroken?: boolean;
}

/** What findings read of a report. */
function factsOf(one: Case): Facts {
  const { counts = [], bucketMs = 60_000, groups = [], partitions = [1], late = 0, isBroken = false } = one;
  const events = Math.max(
    counts.reduce((total, count) => total + count, 0),
    partitions.reduce((total, count) => total + count, 0),
  );
  const lanes = partitions.map((own, id) => ({
    name: `p${id}`,
    events: own,
    share: events === 0 ? null : own / events,
  }));
  const buckets = counts.map((count, at) => ({ from: `bucket ${at}`, events: count, late: 0, partitions: [count] }));
  return {
    overview: { events, partitions: lanes, groups },
    timeline: {
      ...{ events, buckets, bucketMs, unreadable: null },
      groups: groups.map((group) => ({ ...group, oldestTime: null })),
      late: { examined: events, isSample: false, events: late, worstMs: 5 },
    },
    verification: isBroken ? { state: 'broken', reason: 'at sequence 7' } : { state: 'unverified' },
    routed: lanes.map(({ name }) => name),
    parked: { reasons: [] },
  } as unknown as Facts;
}

const kindsOf = (facts: Case) => findingsOf(factsOf(facts)).map(({ kind, level }) => `${level} ${kind}`);

test('a calm ledger has none', () => {
  expect(kindsOf({})).toEqual([]);
  expect(kindsOf({ counts: Array.from({ length: 60 }, () => 100), partitions: [3000, 3000] })).toEqual([]);
});

test('a group that is behind is an alarm without members, and a warning with them', () => {
  const groups = [
    { name: 'a', lag: 5, members: 2, parked: 0 },
    { name: 'b', lag: 3, members: 0, parked: 4 },
    { name: 'c', lag: 0, members: 0, parked: 0 },
  ];
  expect(kindsOf({ groups })).toEqual(['alarm behind', 'alarm parked', 'warning behind']);
});

test('silences and peaks are measured against the median, inside of the axis', () => {
  const steady = Array.from({ length: 30 }, () => 100);
  expect(kindsOf({ counts: steady.with(0, 0).with(29, 0) })).toEqual([]);
  expect(kindsOf({ counts: [...steady, 11, 0, 11, ...steady] })).toEqual(['note silence']);
  expect(kindsOf({ counts: [...steady, 11, 11, ...steady] })).toEqual([]);
  expect(kindsOf({ counts: [...steady, 251, ...steady] })).toEqual(['note peak']);
  expect(kindsOf({ counts: [...steady, 250, ...steady] })).toEqual([]);
  expect(kindsOf({ counts: Array.from({ length: 19 }, (_, at) => (at === 9 ? 5000 : 100)) })).toEqual([]);
});

test('an input of less than a minute has no pace', () => {
  const counts = [...Array.from({ length: 30 }, () => 100), 0, 0, 0, 900, ...Array.from({ length: 26 }, () => 100)];
  expect(kindsOf({ counts, bucketMs: 1000 })).toEqual(['note silence', 'note peak']);
  expect(kindsOf({ counts, bucketMs: 999 })).toEqual([]);
});

test('skew needs events, and more than half above an even share', () => {
  expect(kindsOf({ partitions: [160, 50, 50, 50] })).toEqual(['note skew']);
  expect(kindsOf({ partitions: [30, 10, 10, 10] })).toEqual([]);
  expect(kindsOf({ partitions: [1000] })).toEqual([]);
});

test('the worst comes first, and there are never more than eight', () => {
  const group = fc.record({ name: fc.string(), lag: fc.nat(9), members: fc.nat(2), parked: fc.nat(2) });
  const rank = { alarm: 0, warning: 1, note: 2 };
  fc.assert(
    fc.property(
      fc.record({
        counts: fc.array(fc.nat(1000), { maxLength: 60 }),
        groups: fc.array(group, { maxLength: 20 }),
        partitions: fc.array(fc.nat(1000), { minLength: 1, maxLength: 9 }),
        late: fc.nat(3),
        isBroken: fc.boolean(),
      }),
      (facts) => {
        const found = findingsOf(factsOf(facts));
        const ranks = found.map(({ level }) => rank[level]);
        expect(ranks).toEqual([...ranks].sort());
        expect(found.length).toBeLessThanOrEqual(FINDINGS_MAX);
        if (facts.isBroken) expect(found[0]?.kind).toBe('broken');
      },
    ),
  );
});
