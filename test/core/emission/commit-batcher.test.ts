/** Calls that share commits: the work of many calls is counted, never timed. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { CommitBatcher } from '../../../src/core/emission/commit/commit-batcher.ts';
import { FrameBodyWriter } from '../../../src/core/frames/frame-body.ts';
import type { Basis, CommitDraft, CommitOutcome } from '../../../src/core/model/events/commit.ts';
import type { RoutingOverride } from '../../../src/core/model/routing/router.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { arrayWork } from '../../support/array-work.ts';
import { emissionSettings } from '../../support/emission-settings.ts';
import { inForce } from '../../support/routed.ts';

const CALLS = 3000;

/** Stands for a ledger that keeps ids, and counts what it is asked. */
class CountingLedger {
  readonly basis: Basis = {
    floor: 0,
    sessions: null,
    ...inForce({ spec: parseRoutingSpec('hash'), partitionIds: [0, 1, 2] }),
  };
  readonly ids = new Map<string, { readonly sequence: number; readonly hash: Buffer }>();
  readonly counts = { commits: 0, basis: 0, routers: 0, lookups: 0, located: 0 };
  #sequence = 0;

  shared(unique: string | null = null): CommitBatcher {
    const { onBadLine: _, override: __, ...settings } = emissionSettings(unique === null ? {} : { unique: [[unique]] });
    const target = {
      basis: () => {
        this.counts.basis++;
        return Promise.resolve(this.basis);
      },
      pinsOf: () => Promise.resolve([]),
      commit: (draft: CommitDraft) => Promise.resolve(this.#commit(draft)),
      openPipeline: null,
      commitBytesMax: Number.POSITIVE_INFINITY,
    };
    const counted: typeof makeRouter = (...args) => {
      this.counts.routers++;
      return makeRouter(...args);
    };
    return new CommitBatcher({ target, makeRouter: counted, clock: { nowMicros: () => 1 } }, settings, (sequences) => {
      this.counts.lookups++;
      this.counts.located += sequences.length;
      return Promise.resolve(
        sequences.map((sequence) => ({ sequence, partition: 'p0', offset: sequence - 1, time: 1 })),
      );
    });
  }

  #commit(draft: CommitDraft): CommitOutcome {
    const known = draft.ids.flatMap(({ id, hash, index }) => {
      const stored = this.ids.get(id);
      return stored === undefined ? [] : [{ id, index, sequence: stored.sequence, isRepeat: stored.hash.equals(hash) }];
    });
    if (known.length > 0) return { kind: 'conflict', basis: this.basis, known, pins: [], producer: null };
    this.counts.commits++;
    const firstSequence = this.#sequence + 1;
    for (const { id, hash, index } of draft.ids) this.ids.set(id, { sequence: firstSequence + index, hash });
    this.#sequence += draft.count;
    const head = { sequence: this.#sequence, time: draft.lastTime, hash: '' };
    return {
      kind: 'committed',
      firstSequence,
      count: draft.count,
      firstTime: draft.firstTime,
      lastTime: draft.lastTime,
      late: 0,
      offsets: draft.frames.map(() => 0),
      head,
      loads: null,
    };
  }
}

const lineOf = (value: unknown) => [Buffer.from(JSON.stringify(value))];
const withKey = (key: string): RoutingOverride => ({ key, to: null });

afterEach(() => vi.restoreAllMocks());

describe('many calls at the same time', () => {
  it('are searched once, not once for each of them', async () => {
    const ledger = new CountingLedger();
    const shared = ledger.shared();
    const work = await arrayWork(async () => {
      const receipts = await Promise.all(Array.from({ length: CALLS }, (_, n) => shared.emit(lineOf({ n }))));
      expect(receipts.map(([receipt]) => receipt?.sequence)).toEqual(Array.from({ length: CALLS }, (_, n) => n + 1));
    });
    expect(ledger.counts.commits).toBeLessThan(4);
    expect(work).toBeLessThan(CALLS * 20);
  });

  it('each with a key of its own wait without being moved', async () => {
    const ledger = new CountingLedger();
    const shared = ledger.shared();
    const work = await arrayWork(() =>
      Promise.all(Array.from({ length: CALLS }, (_, n) => shared.emit(lineOf({ n }), withKey(`k${n}`)))),
    );
    expect(ledger.counts.commits).toBe(CALLS);
    expect(work).toBeLessThan(CALLS * 60);
  });

  it('with several lines each get their own receipts', async () => {
    const shared = new CountingLedger().shared();
    const calls = Array.from({ length: 50 }, (_, n) =>
      shared.emit([...lineOf({ n }), ...lineOf([n])].slice(0, 1 + (n % 2))),
    );
    const delivered = (await Promise.all(calls)).flat().map(({ sequence }) => sequence);
    expect(delivered).toEqual(Array.from({ length: 75 }, (_, n) => n + 1));
  });
});

describe('what is withKey to calls', () => {
  it('makes an emitter the first time, and none when it comes again in turn', async () => {
    const ledger = new CountingLedger();
    const shared = ledger.shared();
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => shared.emit(lineOf({ n }), withKey(`k${n}`))));
    }
    expect(ledger.counts).toMatchObject({ commits: 200, routers: 10, basis: 1 });
  });

  it('is kept for the last ones alone', async () => {
    const ledger = new CountingLedger();
    const shared = ledger.shared();
    for (let n = 0; n < 100; n++) await shared.emit(lineOf({ n }), withKey(`k${n}`));
    expect(ledger.counts.routers).toBe(100);
    for (let n = 99; n >= 84; n--) await shared.emit(lineOf({ n }), withKey(`k${n}`));
    expect(ledger.counts.routers).toBe(100);
    await shared.emit(lineOf({ n: 0 }), withKey('k0'));
    expect(ledger.counts.routers).toBe(101);
  });
});

describe('duplicates', () => {
  it('of one commit are located together', async () => {
    const ledger = new CountingLedger();
    const shared = ledger.shared('id');
    const all = () => Promise.all(Array.from({ length: CALLS }, (_, id) => shared.emit(lineOf({ id }))));
    await all();
    expect(ledger.counts.lookups).toBe(0);
    const again = (await all()).flat();
    expect(again.every(({ isDuplicate }) => isDuplicate)).toBe(true);
    expect(again.map(({ sequence }) => sequence)).toEqual(Array.from({ length: CALLS }, (_, n) => n + 1));
    expect(ledger.counts.lookups).toBeLessThan(4);
    expect(ledger.counts.located).toBe(CALLS);
  });

  it('with other bytes are refused together: the draft is built twice, not once for each of them', async () => {
    const shared = new CountingLedger().shared('id');
    const append = vi.spyOn(FrameBodyWriter.prototype, 'append');
    const calls = [
      ...Array.from({ length: 500 }, (_, n) => shared.emit(lineOf({ id: 'one', n }))),
      ...Array.from({ length: 500 }, (_, n) =>
        shared.emit([...lineOf({ id: `own-${n}` }), ...lineOf({ id: 'one', n: -1 - n })]),
      ),
      // refused with its call, an id is free for the next one
      shared.emit(lineOf({ id: 'own-7', n: 7 })),
    ];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(
      outcomes.map((_, at) => (at === 0 || at === 1000 ? 'fulfilled' : 'rejected')),
    );
    expect(outcomes[3]).toMatchObject({ reason: { code: 'ID_CONFLICT' } });
    expect(append.mock.calls.length).toBeLessThan(10);
  });
});
