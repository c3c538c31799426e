/**
 * Batches of events: frames of one commit decode to its events in order, and corrupt frames are rejected with a single
 * error code.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredCommit, StoredFrame } from '../../../src/core/model/events/commit.ts';
import { EventBatch } from '../../../src/core/model/events/event.ts';
import { EVERYTHING } from '../../../src/core/model/events/range.ts';
import { jsonLine } from '../../support/json-lines.ts';
import { refusalOf } from '../../support/refusals.ts';
import { type Delivered, storedOf } from '../../support/stored-commit.ts';
import { quick } from '../../support/test-size.ts';

interface History {
  readonly firstSequence: number;
  readonly firstTime: number;
  /** In sequence order; time advances by `step`. */
  readonly events: readonly { readonly partition: number; readonly step: number; readonly payload: string }[];
}

const history: fc.Arbitrary<History> = fc.record({
  firstSequence: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 40 })),
  firstTime: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
  events: fc.array(
    fc.record({ partition: fc.nat(5), step: fc.oneof(fc.constant(0), fc.nat(10_000_000)), payload: jsonLine }),
    { minLength: 1, maxLength: 24 },
  ),
});

/** The expected events, sequence by sequence. */
function deliveredOf({ firstSequence, firstTime, events }: History): Delivered[] {
  let time = firstTime;
  const offsets = new Map<number, number>();
  return events.map(({ partition, step, payload }, nth) => {
    time += step;
    const offset = offsets.get(partition) ?? 1000 * partition;
    offsets.set(partition, offset + 1);
    return { sequence: firstSequence + nth, partition, offset, time, payload };
  });
}

function eventsOf(batch: EventBatch): Delivered[] {
  return Array.from({ length: batch.count }, (_, at) => ({
    sequence: batch.sequences[at] as number,
    partition: batch.partition(at),
    offset: batch.offsets[at] as number,
    time: batch.times[at] as number,
    payload: batch.payload(at).toString(),
  }));
}

function frameOf(body: string, count: number): StoredFrame {
  return {
    partition: 3,
    sequence: 100,
    offset: 0,
    count,
    firstTime: 0,
    lastTime: 0,
    key: null,
    body: Buffer.from(body),
  };
}

function commitOf(...frames: StoredFrame[]): StoredCommit {
  return { firstSequence: 100, frames };
}

describe('the events of a commit', () => {
  it('come in sequence order again, however they were spread over frames', () => {
    fc.assert(
      fc.property(history, (written) => {
        const delivered = deliveredOf(written);
        const batch = EventBatch.of(storedOf(written.firstSequence, delivered), EVERYTHING);
        expect(eventsOf(batch)).toEqual(delivered);
        expect(batch.lines().toString()).toBe(delivered.map(({ payload }) => `${payload}\n`).join(''));
      }),
      { numRuns: quick(200, 500) },
    );
  });

  it('are cut to the range, both ends included', () => {
    fc.assert(
      fc.property(
        history,
        fc.integer({ min: -3, max: 30 }),
        fc.integer({ min: -3, max: 30 }),
        (written, from, through) => {
          const delivered = deliveredOf(written);
          const range = { from: written.firstSequence + from, through: written.firstSequence + through };
          const batch = EventBatch.of(storedOf(written.firstSequence, delivered), range);
          expect(eventsOf(batch)).toEqual(
            delivered.filter(({ sequence }) => sequence >= range.from && sequence <= range.through),
          );
        },
      ),
      { numRuns: quick(200, 500) },
    );
  });

  it('are those of the partitions asked for, with gaps where the others were', () => {
    fc.assert(
      fc.property(history, fc.uniqueArray(fc.nat(5), { minLength: 1 }), (written, partitions) => {
        const delivered = deliveredOf(written);
        const commit = storedOf(written.firstSequence, delivered);
        const batch = EventBatch.of(
          { ...commit, frames: commit.frames.filter(({ partition }) => partitions.includes(partition)) },
          EVERYTHING,
        );
        expect(eventsOf(batch)).toEqual(delivered.filter(({ partition }) => partitions.includes(partition)));
      }),
      { numRuns: quick(200, 500) },
    );
  });

  it('bear the key that was given for their frame', () => {
    const batch = EventBatch.of(
      commitOf({ ...frameOf('[[1,0,"b"]]', 1), key: 'tenant' }, frameOf('[[0,0,"a"]]', 1)),
      EVERYTHING,
    );
    expect([batch.givenKey(0), batch.givenKey(1)]).toEqual([null, 'tenant']);
  });

  it('are none where there are no frames', () => {
    const batch = EventBatch.of(commitOf(), EVERYTHING);
    expect(batch.count).toBe(0);
    expect(batch.lines()).toHaveLength(0);
  });
});

describe('a frame that is not what its row promises', () => {
  const body = '[[0,0,"a"],\n[1,5,"b"],\n[2,5,"c"]]';

  it.each([0, 1, 2, 4, 9, 33, 34, 1e9, 2 ** 40, -1, Number.MAX_SAFE_INTEGER])(
    'is refused when its count says %s',
    (count) => {
      expect(refusalOf(() => EventBatch.of(commitOf(frameOf(body, count)), EVERYTHING).count).code).toBe(
        'VERIFICATION_FAILED',
      );
    },
  );

  it.each([
    ['two events of one sequence', '[[0,0,"a"],\n[0,5,"b"],\n[2,5,"c"]]'],
    ['a sequence that steps back', '[[0,0,"a"],\n[3,5,"b"],\n[2,5,"c"]]'],
    ['an end that is missing', '[[0,0,"a"],\n[1,5,"b"],\n'],
    ['a body that is empty', ''],
  ])('is refused for %s', (_what, damaged) => {
    expect(refusalOf(() => EventBatch.of(commitOf(frameOf(damaged, 3)), EVERYTHING).count).code).toBe(
      'VERIFICATION_FAILED',
    );
  });

  it('is named by the commit and the partition it belongs to', () => {
    const refusal = refusalOf(() => EventBatch.of(commitOf(frameOf(body, 3), frameOf(body, 2)), EVERYTHING).count);
    expect(refusal.details).toEqual({ sequence: 100, partition: 3 });
    expect(refusal.message).toContain('sequence 100');
    expect(refusal.hint).toContain('--through-sequence 99');
  });

  it('is rejected as corrupt or read as it is, whatever bytes and counts were damaged, and with no other error', () => {
    const damage = fc.record({
      frame: fc.nat(),
      place: fc.nat(),
      byte: fc.nat(255),
      count: fc.option(fc.oneof(fc.nat(40), fc.maxSafeInteger())),
    });
    fc.assert(
      fc.property(history, fc.array(damage, { minLength: 1, maxLength: 3 }), (written, damages) => {
        const commit = storedOf(written.firstSequence, deliveredOf(written));
        const frames = [...commit.frames];
        for (const { frame: which, place, byte, count } of damages) {
          const at = which % frames.length;
          const frame = frames[at] as StoredFrame;
          frame.body[place % frame.body.length] = byte;
          frames[at] = { ...frame, count: count ?? frame.count };
        }
        try {
          const batch = EventBatch.of({ ...commit, frames }, EVERYTHING);
          const sequences = eventsOf(batch).map(({ sequence }) => sequence);
          expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
          expect(batch.lines().length).toBeGreaterThanOrEqual(batch.count);
        } catch (error) {
          expect(error).toMatchObject({ name: 'LedgerError', code: 'VERIFICATION_FAILED' });
        }
      }),
      { numRuns: quick(1000, 3000) },
    );
  });
});
