import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acknowledge,
  beginRedelivery,
  countFailure,
  endRedelivery,
  type LaneState,
  park,
} from '../../../../src/core/ledger/protocol/lane-change.ts';
import type { ParkedEvent } from '../../../../src/core/model/group.ts';

const START: LaneState = {
  cursor: { partition: 0, nextOffset: 0, nextSequence: 1, attempts: 0, failure: null },
  parked: null,
};

/** Applies a change as a storage does. Events of this partition have the sequences 1, 3, 5, .. */
class Storage {
  cursor = START.cursor;
  readonly parked = new Map<number, ParkedEvent>();

  apply<Result>(
    named: number | 'due' | null,
    decide: (lane: LaneState) => {
      readonly cursor?: LaneState['cursor'] | undefined;
      readonly parked?: ParkedEvent | null | undefined;
      readonly result: Result;
    },
  ): Result {
    const due = [...this.parked.values()]
      .sort((one, other) => one.sequence - other.sequence)
      .find((event) => event.redeliveryDue);
    const before = (named === 'due' ? due : this.parked.get(named ?? 0)) ?? null;
    const { cursor, parked, result } = decide({ cursor: this.cursor, parked: before });
    if (cursor !== undefined) this.cursor = cursor;
    if (parked === null && before !== null) this.parked.delete(before.sequence);
    if (parked) this.parked.set(parked.sequence, parked);
    return result;
  }
}

const sequenceAt = (offset: number) => 2 * offset + 1;

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('acknowledge' as const), offset: fc.nat(9) }),
    fc.record({
      kind: fc.constant('count' as const),
      change: fc.constantFrom(1 as const, 0 as const, -1 as const),
      hasFailed: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('park' as const), offset: fc.nat(9), attempts: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('begin' as const) }),
    fc.record({ kind: fc.constant('end' as const), offset: fc.nat(9), isFailure: fc.boolean() }),
    fc.record({ kind: fc.constant('request' as const), offset: fc.nat(9) }),
    fc.record({ kind: fc.constant('moveBack' as const) }),
  ),
  { maxLength: 40 },
);

describe('changes by the holder of a lease', () => {
  it('never move a cursor back, count from zero, and keep each parked event once', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const storage = new Storage();
        const failures = new Map<number, number>();
        for (const [now, step] of sequence.entries()) {
          const { cursor } = storage;
          switch (step.kind) {
            case 'acknowledge': {
              const to = { nextOffset: step.offset, nextSequence: sequenceAt(step.offset) };
              const hasMoved = storage.apply(null, (lane) => acknowledge(lane, to));
              expect(hasMoved).toBe(step.offset >= cursor.nextOffset);
              expect(storage.cursor).toEqual(hasMoved ? { partition: 0, ...to, attempts: 0, failure: null } : cursor);
              break;
            }
            case 'count': {
              const sequence = sequenceAt(cursor.nextOffset);
              const failed = step.hasFailed ? { sequence, failedAt: now, member: 'm', reason: `r${now}` } : null;
              const attempts = Math.max(0, cursor.attempts + step.change);
              expect(storage.apply(null, (lane) => countFailure(lane, step.change, failed))).toBe(attempts);
              const failure = failed === null ? cursor.failure : { ...failed, attempts };
              expect(storage.cursor).toEqual({ ...cursor, attempts, failure });
              break;
            }
            case 'park': {
              const { offset, attempts } = step;
              const event = { partition: 0, offset, sequence: sequenceAt(offset), reason: `r${now}`, details: '' };
              const before = storage.parked.get(event.sequence);
              // what a caller knows beyond that is not stored
              const given = { ...event, attempts, now, events: 1 };
              const isParked = storage.apply(event.sequence, (lane) => park(lane, given));
              expect(isParked).toBe(offset + 1 >= cursor.nextOffset);
              if (!isParked) break;
              const next = { nextOffset: offset + 1, nextSequence: event.sequence + 1 };
              expect(storage.cursor).toEqual({ partition: 0, ...next, attempts: 0, failure: null });
              failures.set(event.sequence, (failures.get(event.sequence) ?? 0) + attempts);
              expect(storage.parked.get(event.sequence)).toEqual({
                ...event,
                attempts: failures.get(event.sequence),
                parkedAt: before?.parkedAt ?? now,
                redeliveryDue: before?.redeliveryDue ?? false,
              });
              break;
            }
            case 'request': {
              const event = storage.parked.get(sequenceAt(step.offset));
              if (event !== undefined) storage.parked.set(event.sequence, { ...event, redeliveryDue: true });
              break;
            }
            case 'begin': {
              const due = [...storage.parked.values()].filter((event) => event.redeliveryDue);
              const begun = storage.apply('due', beginRedelivery);
              if (begun === 'none') expect(due).toEqual([]);
              else {
                expect(begun.sequence).toBe(Math.min(...due.map((event) => event.sequence)));
                failures.set(begun.sequence, (failures.get(begun.sequence) ?? 0) + 1);
                expect(storage.parked.get(begun.sequence)).toEqual(begun);
                expect(begun).toMatchObject({ redeliveryDue: false, attempts: failures.get(begun.sequence) });
              }
              break;
            }
            case 'end': {
              const at = sequenceAt(step.offset);
              const before = storage.parked.get(at);
              const failure = step.isFailure ? { reason: 'still no', details: 'output' } : null;
              const outcome = storage.apply(at, (lane) => endRedelivery(lane, failure));
              expect(outcome).toBe(before !== undefined && step.isFailure ? 'parked' : 'forgotten');
              expect(storage.parked.get(at)).toEqual(outcome === 'parked' ? { ...before, ...failure } : undefined);
              if (outcome === 'forgotten') failures.delete(at);
              break;
            }
            case 'moveBack':
              storage.cursor = START.cursor;
          }
          const hasStayed = !['park', 'acknowledge', 'count', 'moveBack'].includes(step.kind);
          if (hasStayed) expect(storage.cursor).toBe(cursor);
        }
      }),
    );
  });
});
