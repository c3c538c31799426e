import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GENESIS, hashBody, hashCommit } from '../../../../src/core/ledger/protocol/chain.ts';
import { checkCommit, timeShiftOf } from '../../../../src/core/ledger/protocol/commit-check.ts';
import { linkCommit, stateAfter } from '../../../../src/core/ledger/protocol/commit-link.ts';
import type { LedgerState } from '../../../../src/core/ledger/protocol/ledger-state.ts';
import type { CommitDraft, FrameDraft } from '../../../../src/core/model/events/commit.ts';
import { parseRoutingSpec } from '../../../../src/core/model/routing/routing-text.ts';
import { NO_PIN_CHANGES } from '../../../../src/core/model/routing/session-pins.ts';
import { inForce } from '../../../support/routed.ts';

const UUID = '00000000-0000-4000-8000-000000000001';
const NAMES = ['p0', 'p1', 'p2', 'p3'];
const NOTHING_STORED = { producer: null, known: [], pins: [] };

function emptyLedger(): LedgerState {
  return {
    ...inForce({ spec: parseRoutingSpec('hash'), partitionIds: NAMES.map((_, id) => id), partitionNames: NAMES }),
    sequence: 0,
    time: 0,
    committedAt: 0,
    hash: GENESIS,
  };
}

/** How a draft is built: events per partition, when it begins, how long it lasts, and whether its events bear one arrival time. */
const plans = fc.record({
  counts: fc
    .array(fc.integer({ min: 0, max: 5 }), { minLength: NAMES.length, maxLength: NAMES.length })
    .filter((counts) => counts.some((count) => count > 0)),
  firstTime: fc.integer({ min: 0, max: 1000 }),
  lasts: fc.integer({ min: 0, max: 50 }),
  hasArrivalTime: fc.boolean(),
  epochsBehind: fc.integer({ min: 0, max: 1 }),
});

type DraftPlan = typeof plans extends fc.Arbitrary<infer Plan> ? Plan : never;

function draftOf(
  { counts, firstTime, lasts, hasArrivalTime, epochsBehind }: DraftPlan,
  state: LedgerState,
): CommitDraft {
  const lastTime = hasArrivalTime ? firstTime : firstTime + lasts;
  const frames = counts
    .map(
      (count, partition): FrameDraft => ({
        partition,
        count,
        firstTime,
        lastTime,
        key: null,
        body: Buffer.alloc(count + 2, `${partition}`),
      }),
    )
    .filter(({ count }) => count > 0);
  const count = frames.reduce((sum, frame) => sum + frame.count, 0);
  return {
    epoch: state.epoch.epoch - epochsBehind,
    count,
    firstTime,
    lastTime,
    hasArrivalTime: hasArrivalTime,
    isLateRefused: false,
    frames,
    committedAt: firstTime,
    isClockTrusted: false,
    producer: null,
    ids: [],
    pins: NO_PIN_CHANGES,
    sentTo: null,
  };
}

/** Commits every draft that the protocol takes, as a ledger would. */
function commitAll(all: readonly DraftPlan[]) {
  let state = emptyLedger();
  const offsets = new Map<number, number>();
  const commits = [];
  for (const plan of all) {
    const draft = draftOf(plan, state);
    if (checkCommit(draft, state, NOTHING_STORED) !== null) continue;
    const commit = linkCommit(draft, state, UUID, (partition) => offsets.get(partition) ?? 0);
    commits.push({ before: state, draft, ...commit });
    for (const frame of commit.link.frames) offsets.set(frame.partition, frame.offset + frame.count);
    state = stateAfter(state, commit);
  }
  return { state, offsets, commits };
}

describe('the commit protocol', () => {
  it('keeps sequences and offsets dense and time monotonic, whatever drafts come', () => {
    fc.assert(
      fc.property(fc.array(plans, { maxLength: 20 }), (all) => {
        const { state, offsets, commits } = commitAll(all);
        let next = 1;
        let time = 0;
        const seen = new Map<number, number>();
        for (const { link } of commits) {
          expect(link.firstSequence).toBe(next);
          expect(link.firstTime).toBeGreaterThanOrEqual(time);
          expect(link.lastTime).toBeGreaterThanOrEqual(link.firstTime);
          for (const frame of link.frames) {
            expect(frame).toMatchObject({ sequence: next, offset: seen.get(frame.partition) ?? 0 });
            expect(frame.firstTime).toBeGreaterThanOrEqual(link.firstTime);
            expect(frame.lastTime).toBeLessThanOrEqual(link.lastTime);
            seen.set(frame.partition, frame.offset + frame.count);
          }
          next += link.count;
          time = link.lastTime;
        }
        expect(state.sequence).toBe(next - 1);
        expect(offsets).toEqual(seen);
      }),
    );
  });

  it('links each commit to the one before it', () => {
    fc.assert(
      fc.property(fc.array(plans, { maxLength: 20 }), (all) => {
        let previous = GENESIS;
        for (const { before, draft, link, hash } of commitAll(all).commits) {
          expect(before.hash).toEqual(previous);
          expect(link.frames.map((frame) => frame.hash)).toEqual(draft.frames.map(({ body }) => hashBody(body)));
          expect(hash).toEqual(hashCommit(previous, UUID, link));
          previous = hash;
        }
      }),
    );
  });

  it('takes a draft exactly where its epoch is in force and its time is not before the head, or can be raised to it', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 0, max: 1000 }), (plan, headTime) => {
        const state = { ...emptyLedger(), time: headTime };
        const draft = draftOf(plan, state);
        const isTaken = plan.epochsBehind === 0 && (plan.hasArrivalTime || plan.firstTime >= headTime);
        expect(checkCommit(draft, state, NOTHING_STORED) === null).toBe(isTaken);
        expect(timeShiftOf(draft, headTime)).toBe(plan.hasArrivalTime ? Math.max(0, headTime - plan.firstTime) : 0);
      }),
    );
  });

  it('refuses to raise an arrival time by more than its pins allow', () => {
    const state = { ...emptyLedger(), time: 100 };
    const draft = draftOf(
      { counts: [1, 0, 0, 0], firstTime: 40, lasts: 0, hasArrivalTime: true, epochsBehind: 0 },
      state,
    );
    const allowing = (timeShiftMax: number): CommitDraft => ({ ...draft, pins: { ...NO_PIN_CHANGES, timeShiftMax } });
    expect(checkCommit(allowing(60), state, NOTHING_STORED)).toBeNull();
    expect(checkCommit(allowing(59), state, NOTHING_STORED)).toEqual({ known: [], pins: [], producer: null });
  });

  it('answers with what is stored of the producer, the ids and the pins of a draft', () => {
    const state = emptyLedger();
    const plan = { counts: [1, 0, 0, 0], firstTime: 0, lasts: 0, hasArrivalTime: true, epochsBehind: 0 };
    const step = { name: 'a', from: 10, position: 20, digest: Buffer.alloc(64) };
    const draft = { ...draftOf(plan, state), producer: step };
    const producer = { position: 10, digest: Buffer.alloc(64) };
    expect(checkCommit(draft, state, { ...NOTHING_STORED, producer })).toBeNull();
    // further on, and before it: a gap would be lines that nobody has
    for (const position of [20, 9, 0]) {
      const elsewhere = { ...producer, position };
      expect(checkCommit(draft, state, { ...NOTHING_STORED, producer: elsewhere })).toEqual({
        known: [],
        pins: [],
        producer: elsewhere,
      });
    }
    const known = [{ index: 0, id: 'x', sequence: 1, isRepeat: true }];
    expect(checkCommit(draft, state, { producer, known, pins: [] })).toEqual({ known, pins: [], producer });
    const pins = [{ session: 's', partition: 1, lastSeen: 5 }];
    expect(checkCommit(draft, state, { producer, known: [], pins })).toEqual({ known: [], pins, producer });
  });

  it.each([
    ['is empty', (draft: CommitDraft) => ({ ...draft, count: 0, frames: [] })],
    ['steps back in time', (draft: CommitDraft) => ({ ...draft, firstTime: 5, lastTime: 4 })],
    ['has its frames out of order', (draft: CommitDraft) => ({ ...draft, frames: [...draft.frames].reverse() })],
    [
      'has a partition that does not exist',
      (draft: CommitDraft) => ({ ...draft, frames: draft.frames.map((frame) => ({ ...frame, partition: 9 })) }),
    ],
    ['counts more events than its frames hold', (draft: CommitDraft) => ({ ...draft, count: draft.count + 1 })],
    [
      'has an empty frame',
      (draft: CommitDraft) => ({
        ...draft,
        frames: draft.frames.map((frame) => ({ ...frame, body: Buffer.alloc(0) })),
      }),
    ],
    [
      'has a frame outside of its times',
      (draft: CommitDraft) => ({ ...draft, frames: draft.frames.map((frame) => ({ ...frame, lastTime: 999 })) }),
    ],
  ])('refuses to link a draft that %s', (_, broken) => {
    const state = emptyLedger();
    const draft = draftOf(
      { counts: [1, 1, 0, 0], firstTime: 0, lasts: 10, hasArrivalTime: false, epochsBehind: 0 },
      state,
    );
    expect(() => linkCommit(draft, state, UUID, () => 0)).not.toThrow();
    expect(() => linkCommit(broken(draft), state, UUID, () => 0)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });
});
