/**
 * Chunks in flight while epochs change: which are rebuilt, which are held back, and that none is lost or reported
 * twice.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EmissionTarget } from '../../../src/core/emission/commit/emission-target.ts';
import { type EmissionReport, type IngestHooks, ingest } from '../../../src/core/emission/commit/ingest.ts';
import { walkFrameBody } from '../../../src/core/frames/frame-body.ts';
import type { Basis, CommitDraft, CommitOutcome, Stale } from '../../../src/core/model/events/commit.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { committedAfter, conflictAt } from '../../support/commit-outcomes.ts';
import { emissionSettings } from '../../support/emission-settings.ts';
import { rejectionOf } from '../../support/refusals.ts';
import { inForce } from '../../support/routed.ts';
import { quick } from '../../support/test-size.ts';

/** Few and long: the volume counts, and each line takes time here. */
const LINES = 1500;
const PAD = 'x'.repeat(900);

/** A chunk of its own and volume enough for the writing thread: its lines have this key, but for the first two, which have `a`. */
const chunk = (key: string) =>
  Array.from({ length: LINES }, (_, n) => `{"k":"${n < 2 ? 'a' : key}","n":${n},"of":"${key}","pad":"${PAD}"}\n`).join(
    '',
  );

const HASH = { spec: parseRoutingSpec('hash:k'), partitionIds: [0, 1, 2] };
const manual = (...names: string[]) => ({
  spec: parseRoutingSpec('manual:k'),
  partitionIds: names.map((_, id) => id),
  partitionNames: names,
});

const nameOf = (line: string) => {
  const { of, n } = JSON.parse(line) as { of: string; n: number };
  return `${of}:${n}`;
};

/** The lines of chunks with these keys, by name. */
const namesOf = (keys: readonly string[]) =>
  keys.flatMap((key) => Array.from({ length: LINES }, (_, n) => `${key}:${n}`));

/** Stands for a ledger and its writing thread: answers in the order of the offers, compares epochs, counts what it took. */
class FakeLedger {
  /** As `key:number` of the lines, in the order in which they were taken. */
  readonly taken: string[] = [];
  isOnThread = false;
  /** The offer of the pipeline that fails, and all after it, as a writing thread does. */
  failsAt = Number.POSITIVE_INFINITY;
  /** Gets the lines of each commit when it is made. */
  onTaken: (lines: readonly string[]) => void = () => {};
  #basis: Basis;
  #generation = 0;
  #sequence = 0;
  /** The routings to come, and the offer of the pipeline before which each begins. */
  readonly #changes: Map<number, Parameters<typeof inForce>[0]>;
  #offers = 0;

  constructor(
    first: Parameters<typeof inForce>[0],
    changes: readonly (readonly [beforeOffer: number, routing: Parameters<typeof inForce>[0]])[],
  ) {
    this.#basis = { floor: 0, sessions: null, ...inForce(first) };
    this.#changes = new Map(changes);
  }

  begin(routing: Parameters<typeof inForce>[0]): void {
    const next = inForce(routing);
    this.#basis = { ...this.#basis, ...next, epoch: { ...next.epoch, epoch: this.#basis.epoch.epoch + 1 } };
  }

  readonly target: EmissionTarget = {
    basis: () => Promise.resolve(this.#basis),
    pinsOf: () => Promise.resolve([]),
    commit: (draft: CommitDraft) => Promise.resolve(this.#commit(draft)),
    commitBytesMax: Number.POSITIVE_INFINITY,
    openPipeline: () =>
      Promise.resolve({
        offer: (draft: CommitDraft, generation: number) => this.#offer(draft, generation),
        close: () => Promise.resolve(),
      }),
  };

  async #offer(draft: CommitDraft, generation: number): Promise<CommitOutcome | Stale> {
    this.isOnThread = true;
    const change = this.#changes.get(++this.#offers);
    if (this.#offers >= this.failsAt) throw new LedgerError('DISK_FULL', { message: 'the disk is full' });
    if (change !== undefined) this.begin(change);
    if (generation < this.#generation) return { kind: 'stale' };
    const outcome = this.#commit(draft);
    this.#generation = outcome.kind === 'conflict' ? generation + 1 : generation;
    return outcome;
  }

  #commit(draft: CommitDraft): CommitOutcome {
    if (draft.epoch !== this.#basis.epoch.epoch) return conflictAt(this.#basis);
    const lines: string[] = [];
    for (const { body } of draft.frames) {
      walkFrameBody(body, (delta, _, start, end) => {
        lines[delta] = nameOf(body.toString('utf8', start, end));
      });
    }
    this.onTaken(lines);
    this.taken.push(...lines);
    const outcome = committedAfter(this.#sequence, draft);
    this.#sequence += draft.count;
    return outcome;
  }
}

function emit(
  ledger: Pick<FakeLedger, 'target'>,
  keys: readonly string[],
  { onYield, ...hooks }: IngestHooks & { onYield?: (key: string) => void } = {},
): Promise<EmissionReport> {
  const settings = emissionSettings({ onBadLine: hooks.onReject === undefined ? 'stop' : 'collect' });
  const parts = { target: ledger.target, makeRouter, clock: { nowMicros: () => 1e15 } };
  async function* pieces() {
    for (const key of keys) {
      onYield?.(key);
      yield chunk(key);
      // a chunk ends where nothing more arrives for a moment
      for (let turn = 0; turn < 50; turn++) await nextTurn();
    }
  }
  return ingest(parts, settings, [{ name: 'input', open: pieces }], null, hooks);
}

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const isSame = (one: readonly string[], other: readonly string[]) => one.join() === other.join();

it('continues reading if the line that stopped it was rejected by the rule of an earlier epoch', async () => {
  const ledger = new FakeLedger(manual('a', 'b', 'c', 'd', 'f', 'g', 'h'), []);
  const report = await emit(ledger, KEYS, {
    onYield: (key) => {
      if (key === 'e') ledger.begin(manual(...KEYS));
    },
  });
  expect(ledger.isOnThread).toBe(true);
  expect(isSame(ledger.taken, namesOf(KEYS))).toBe(true);
  expect(report).toMatchObject({ events: KEYS.length * LINES, isComplete: true });
});

it.each([1, 2, 3, 4, 5])(
  'takes nothing behind a line that the new epoch refuses, where it begins before offer %i',
  async (offer) => {
    const ledger = new FakeLedger(HASH, [[offer, manual('a', 'z')]]);
    const failure = await rejectionOf(emit(ledger, KEYS));
    expect(failure.code).toBe('BAD_LINE');
    expect(ledger.isOnThread).toBe(true);
    expect(isSame(ledger.taken, namesOf(KEYS).slice(0, ledger.taken.length))).toBe(true);
    expect(ledger.taken.length).toBeLessThan(KEYS.length * LINES);
  },
);

it.each([4, 5, 6])(
  'takes up what it held back where a third epoch, before offer %i, takes the line that the second one refused',
  async (offer) => {
    const ledger = new FakeLedger(HASH, [
      [3, manual('a', 'z')],
      [offer, HASH],
    ]);
    const report = await emit(ledger, KEYS).catch(() => null);
    // if the third one came too late, the line has ended the run, and nothing after it was taken
    if (report !== null) expect(report.events).toBe(KEYS.length * LINES);
    expect(isSame(ledger.taken, namesOf(KEYS).slice(0, ledger.taken.length))).toBe(true);
  },
);

it('refuses whole chunks by the epoch in force, and never by one that is over', async () => {
  const refused: string[] = [];
  const ledger = new FakeLedger(manual('z'), []);
  // nothing is committed before the change, so no conflict reveals it
  const report = await emit(ledger, KEYS, {
    onReject: ({ text }) => void refused.push(nameOf(text.toString())),
    onYield: (key) => {
      if (key === 'f') ledger.begin(manual(...KEYS));
    },
  });
  expect(refused.length).toBeGreaterThan(0);
  expect(isSame([...refused, ...ledger.taken], namesOf(KEYS))).toBe(true);
  expect(isSame(ledger.taken.slice(-3 * LINES), namesOf(['f', 'g', 'h']))).toBe(true);
  expect(report.rejected).toBe(refused.length);
});

it('reports a fully rejected chunk once, whatever happens to the chunks after it', async () => {
  const keys = ['a', 'b', 'a', 'x', 'x', 'x', 'a', 'x', 'x', 'b'];
  for (const offer of quick([1, 6], [1, 2, 3, 4, 5, 6])) {
    const refused: string[] = [];
    const ledger = new FakeLedger(manual('a', 'b'), [[offer, manual('a', 'b', 'c')]]);
    const report = await emit(ledger, keys, { onReject: ({ text }) => void refused.push(nameOf(text.toString())) });
    const isRefused = (name: string) => name.startsWith('x') && Number(name.slice(2)) >= 2;
    expect(isSame(refused, namesOf(keys).filter(isRefused))).toBe(true);
    expect(
      isSame(
        ledger.taken,
        namesOf(keys).filter((name) => !isRefused(name)),
      ),
    ).toBe(true);
    expect(report.events + report.rejected).toBe(keys.length * LINES);
  }
});

it.each(['on the thread', 'one by one'])(
  'has the rejected lines of a chunk kept and synced before the chunk is committed, %s',
  async (way) => {
    const keys = ['a', 'x', 'b', 'y', 'c', 'z'];
    const ledger = new FakeLedger(manual('a', 'b', 'c'), [[2, manual('a', 'b', 'c', 'd')]]);
    const kept = { written: 0, synced: 0 };
    const late: string[] = [];
    const places = new Map(namesOf(keys).map((name, place) => [name, place]));
    const taken = new Set<string>();
    let passedOver = 0;
    ledger.onTaken = (lines) => {
      for (const line of lines) taken.add(line);
      // what is not taken up to the last line of this commit was rejected
      passedOver = (places.get(lines.at(-1) as string) as number) + 1 - taken.size;
      if (kept.synced < passedOver) late.push(`${kept.synced} of ${passedOver}`);
    };
    const report = await emit(ledger, keys, {
      onReject: () => void kept.written++,
      syncRejects: async () => {
        const { written } = kept;
        await nextTurn();
        kept.synced = written;
      },
      // receipts need each chunk's answer
      onCommit: way === 'one by one' ? () => {} : undefined,
    });
    expect(ledger.isOnThread).toBe(way === 'on the thread');
    expect(passedOver).toBeGreaterThanOrEqual(2 * (LINES - 2));
    expect(late).toEqual([]);
    expect(report).toMatchObject({ events: 3 * LINES + 6, rejected: 3 * (LINES - 2), lines: 6 * LINES });
  },
);

it('counts the chunks that were on their way when the input broke', async () => {
  const ledger = new FakeLedger(HASH, []);
  const broken = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
  const failure = await rejectionOf(
    emit(ledger, KEYS, {
      onYield: (key) => {
        if (key === 'g') throw broken;
      },
    }),
  );
  expect(ledger.isOnThread).toBe(true);
  expect(failure).toMatchObject({ code: 'INPUT_UNREADABLE', message: 'input cannot be read: EIO', cause: broken });
  expect(ledger.taken.length).toBeGreaterThan(0);
  expect(failure.details['report']).toMatchObject({ events: ledger.taken.length, isComplete: false });
});

it.each([1, 2, 3, 4])('commits no chunk after one whose commit has failed, at offer %i', async (offer) => {
  const ledger = new FakeLedger(HASH, []);
  ledger.failsAt = offer;
  const failure = await rejectionOf(emit(ledger, KEYS));
  expect(failure.code).toBe('DISK_FULL');
  expect(isSame(ledger.taken, namesOf(KEYS).slice(0, ledger.taken.length))).toBe(true);
  expect(ledger.taken.length).toBeLessThan(KEYS.length * LINES);
  expect(failure.details['report']).toMatchObject({ events: ledger.taken.length, isComplete: false });
});

it('commits directly where no writing thread starts', async () => {
  const ledger = new FakeLedger(HASH, []);
  const target = { ...ledger.target, openPipeline: () => Promise.reject(new Error('no threads left')) };
  const report = await emit({ target }, KEYS);
  expect(ledger.isOnThread).toBe(false);
  expect(isSame(ledger.taken, namesOf(KEYS))).toBe(true);
  expect(report).toMatchObject({ events: KEYS.length * LINES, isComplete: true });
});
