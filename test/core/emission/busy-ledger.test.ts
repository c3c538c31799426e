/** A ledger that answers late, as one over a network does: what comes meanwhile shares a commit, and nothing waits for a ledger that has nothing to do. */

import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EmissionTarget } from '../../../src/core/emission/commit/emission-target.ts';
import { ingest } from '../../../src/core/emission/commit/ingest.ts';
import type { Basis, CommitDraft, Committed } from '../../../src/core/model/events/commit.ts';
import { parseRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { emissionSettings } from '../../support/emission-settings.ts';
import { inForce } from '../../support/routed.ts';
import { until } from '../../support/until.ts';

const LINE = `{"k":1,"pad":"${'x'.repeat(180)}"}\n`;
const COMMIT_BYTES_MAX = 64 * 1024;
/** Lines of a chunk that is volume, so that commits overlap from the next one on. */
const VOLUME = 200;

/** Answers a draft of its pipeline when the test calls {@link answer}. */
class LateLedger {
  /** Events of each draft that was offered and is not answered. */
  readonly unanswered: number[] = [];
  readonly #answers: (() => void)[] = [];
  #sequence = 0;
  readonly #basis: Basis = {
    floor: 0,
    sessions: null,
    ...inForce({ spec: parseRoutingSpec('hash:k'), partitionIds: [0] }),
  };

  readonly target: EmissionTarget = {
    basis: () => Promise.resolve(this.#basis),
    pinsOf: () => Promise.resolve([]),
    commit: (draft) => Promise.resolve(this.#commit(draft)),
    commitBytesMax: COMMIT_BYTES_MAX,
    openPipeline: async () => ({
      offer: (draft) => {
        this.unanswered.push(draft.count);
        return new Promise((resolve) => this.#answers.push(() => resolve(this.#commit(draft))));
      },
      close: () => Promise.resolve(),
    }),
  };

  get head(): number {
    return this.#sequence;
  }

  answer(): void {
    this.unanswered.shift();
    this.#answers.shift()?.();
  }

  #commit({ count, firstTime, lastTime, frames }: CommitDraft): Committed {
    const firstSequence = this.#sequence + 1;
    this.#sequence += count;
    const head = { sequence: this.#sequence, time: lastTime, hash: '' };
    const offsets = frames.map(() => 0);
    return { kind: 'committed', firstSequence, count, firstTime, lastTime, late: 0, offsets, loads: null, head };
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await nextTurn();
}

it('gets each line at once while it has less than two commits to answer, and then those of its wait together', async () => {
  const ledger = new LateLedger();
  const input = new PassThrough();
  const parts = { target: ledger.target, makeRouter, clock: { nowMicros: () => 1e15 } };
  const emitting = ingest(parts, emissionSettings(), [{ name: 'input', open: () => input }], null, {});
  input.write(LINE.repeat(VOLUME));
  // the first chunk of this size loads the kernel, which takes any number of turns
  await until(() => ledger.head === VOLUME);
  await turns();
  for (const unanswered of [[1], [1, 1], [1, 1], [1, 1], [1, 1]]) {
    input.write(LINE);
    await turns();
    expect(ledger.unanswered).toEqual(unanswered);
  }
  ledger.answer();
  await turns();
  expect(ledger.unanswered).toEqual([1, 3]);
  ledger.answer();
  ledger.answer();
  await turns();
  input.write(LINE);
  await turns();
  expect(ledger.unanswered).toEqual([1]);
  input.end();
  ledger.answer();
  expect(await emitting).toMatchObject({ events: VOLUME + 6, isComplete: true });
});
