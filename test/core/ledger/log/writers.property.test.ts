/** Laws of a log of proposals with several writers behind a bad network: whatever overtakes, is repeated or lost, every reader has one ledger, and it holds exactly what was acknowledged. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import type { Ledger } from '../../../../src/core/ledger/ledger.ts';
import type { SealEvery } from '../../../../src/core/ledger/log/fold/fold.ts';
import { LOG_LAYOUTS, type LogLayout } from '../../../../src/core/model/config.ts';
import type { CommitDraft, CommitOutcome, Committed, Stale } from '../../../../src/core/model/events/commit.ts';
import { systemClock } from '../../../../src/index.ts';
import { type DraftEvent, draftOf, readAll } from '../../../ledger-contract/drafts.ts';
import { foldAll, foldWithRestart } from '../../../support/folded-log.ts';
import { newMemory } from '../../../support/memory-driver/memory-driver.ts';
import { Seeded } from '../../../support/seeded.ts';
import { quick } from '../../../support/test-size.ts';
import { noTroubles, type Troubles, UnreliableLog } from '../../../support/unreliable-log.ts';

const busyLimit = { limitMs: 5000 };
const SEAL_EVERY: SealEvery = { messages: 16, bytes: 64 * 1024 };
const EVENTS = 12;

/** How a writer commits, and what it knows about its events in the end. */
type Manner = 'commits' | 'concurrent commits' | 'pipeline' | 'transactions' | 'unique ids';
interface Written {
  readonly payload: string;
  /** Null: not stored, or nobody knows. */
  committed: Committed | null;
  isUnknown: boolean;
  /** Of its draft, in the commit. */
  readonly index: number;
}

/** Each must have happened where the seeds are given. */
const TROUBLES = [
  'answer lost',
  'appended later',
  'appended twice',
  'full',
  'not appended',
  'overtaken',
  'refused after it was appended',
  'rubbish',
  'stray',
];

const LOSSES = ['OUTCOME_UNKNOWN', 'DISK_FULL', 'BUSY'];

class Writer {
  readonly written: Written[] = [];
  readonly #ledger: Ledger;
  readonly #chance: Seeded;
  readonly #name: string;
  #number = 0;

  constructor(ledger: Ledger, chance: Seeded, name: string) {
    this.#ledger = ledger;
    this.#chance = chance;
    this.#name = name;
  }

  async write(manner: Manner): Promise<void> {
    if (manner === 'pipeline') return this.#pipeline();
    if (manner === 'concurrent commits') {
      const batches = Array.from({ length: EVENTS }, () => this.#batch());
      await Promise.all(batches.map((batch) => this.#commit(batch, false)));
      return;
    }
    for (let nth = 0; nth < EVENTS / 2; nth++) {
      if (manner === 'transactions') await this.#transaction();
      else await this.#commit(this.#batch(), manner === 'unique ids');
    }
  }

  #batch(): Written[] {
    return Array.from({ length: this.#chance.between(1, 3) }, (_, index) => {
      const written = { payload: `"${this.#name}${this.#number++}"`, committed: null, isUnknown: false, index };
      this.written.push(written);
      return written;
    });
  }

  async #draft(batch: readonly Written[], hasIds = false, basis = this.#ledger.basis()): Promise<CommitDraft> {
    const { floor, ...rest } = await basis;
    let time = Math.max(0, floor + this.#chance.between(-5, 5));
    const events = batch.map(({ payload }): DraftEvent => {
      time += this.#chance.between(0, 2);
      return { payload, time, partition: this.#chance.between(0, 1) };
    });
    const ids = batch.map(({ payload, index }) => ({ id: payload, hash: Buffer.alloc(32, payload), index }));
    return draftOf({ floor, ...rest }, events, {
      isLateRefused: this.#chance.unit() < 0.3,
      ...(hasIds ? { ids } : {}),
    });
  }

  async #commit(batch: readonly Written[], hasIds: boolean): Promise<void> {
    for (let basis: ReturnType<Ledger['basis']> | undefined; ; ) {
      const outcome = await this.#answer(batch, this.#ledger.commit(await this.#draft(batch, hasIds, basis)));
      if (outcome?.kind !== 'conflict') return;
      basis = Promise.resolve(outcome.basis);
    }
  }

  async #pipeline(): Promise<void> {
    const pipeline = await this.#ledger.openPipeline();
    let waiting = Array.from({ length: EVENTS }, () => this.#batch());
    for (let generation = 0; waiting.length > 0; generation++) {
      const drafts = await Promise.all(waiting.map((batch) => this.#draft(batch)));
      const answers = await Promise.all(
        drafts.map((draft, at) => this.#answer(waiting[at] ?? [], pipeline.offer(draft, generation))),
      );
      expect(answers.find((answer) => answer !== null && answer.kind !== 'committed')?.kind).not.toBe('stale');
      waiting = waiting.filter((_, at) => answers[at]?.kind === 'conflict' || answers[at]?.kind === 'stale');
    }
    await pipeline.close();
  }

  async #transaction(): Promise<void> {
    const transaction = await this.#ledger.begin();
    const batches = [this.#batch(), this.#batch()];
    const outcomes: CommitOutcome[] = [];
    let floor = (await this.#ledger.basis()).floor;
    for (const batch of batches) {
      const draft = await this.#draft(
        batch,
        false,
        this.#ledger.basis().then((basis) => ({ ...basis, floor: floor + 5 })),
      );
      const outcome = await transaction.commit(draft);
      if (outcome.kind !== 'committed') return transaction.abandon();
      floor = outcome.lastTime;
      outcomes.push(outcome);
    }
    const ended = transaction.end().then(() => outcomes[0] as Committed);
    if ((await this.#answer(batches.flat(), ended)) === null) return;
    for (const [at, batch] of batches.entries())
      for (const written of batch) written.committed = outcomes[at] as Committed;
  }

  async #answer<Outcome extends CommitOutcome | Stale>(
    batch: readonly Written[],
    asked: Promise<Outcome>,
  ): Promise<Outcome | null> {
    try {
      const outcome = await asked;
      if (outcome.kind === 'committed') for (const written of batch) written.committed = outcome;
      return outcome;
    } catch (error) {
      const { code } = error as { code: string };
      expect(LOSSES, String(error)).toContain(code);
      // a pipeline gives all up with the first loss, and what is on its way then may arrive
      for (const written of batch) written.isUnknown = code !== 'BUSY';
      return null;
    }
  }
}

/** A trouble that none of these runs has is made by nothing any more. */
const SEEDS_MAX = 60;

/** Several writers, then every reader: returns the messages and what the writers know. */
async function run(seed: number, manners: readonly Manner[], troubles: Troubles, layout: LogLayout) {
  const chance = new Seeded(seed);
  let number = 0;
  const { driver, messagesOf } = newMemory(
    { sealEvery: SEAL_EVERY, sealPartBytes: 700, recent: 5 },
    (location, messages) => new UnreliableLog(location, messages, chance.fork(number++), troubles),
  );
  await driver.create('memory', toBlueprint({ partitions: 2, routing: 'hash:k', layout }), systemClock, busyLimit);
  const open = () => driver.open('memory', { access: 'write', busyLimit });
  const ledgers = await Promise.all(manners.map(open));
  const writers = ledgers.map((ledger, at) => new Writer(ledger, chance.fork(100 + at), 'abcdefg'[at] as string));
  await Promise.all(writers.map((writer, at) => writer.write(manners[at] as Manner)));
  await Promise.all(troubles.late);
  const reader = await open();
  const head = await reader.head();
  for (const ledger of ledgers) expect(await ledger.head()).toEqual(head);
  const events = await readAll(reader);
  expect(await reader.verify({ anchor: head })).toMatchObject({ events: head.sequence, isAnchored: true });
  const messages = [...messagesOf('memory').all];
  for (const ledger of [...ledgers, reader]) await ledger.close();
  return { messages, events, head, writers };
}

const manners = fc.array(
  fc.constantFrom<Manner>('commits', 'concurrent commits', 'pipeline', 'transactions', 'unique ids'),
  { minLength: 1, maxLength: 4 },
);

describe.each(LOG_LAYOUTS)('a %s log of several writers', (layout) => {
  it('holds what was acknowledged, once and at its place, and is one ledger for every reader', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), manners, async (seed, chosen) => {
        const { messages, events, head, writers } = await run(seed, chosen, noTroubles(), layout);
        const { fold, folded, text } = foldAll(messages, SEAL_EVERY);
        expect(fold.state.ledger.sequence).toBe(head.sequence);
        expect(fold.state.ledger.hash.toString('hex')).toBe(head.hash);
        for (const at of [1, 2, Math.ceil(messages.length / 2), messages.length - 1])
          expect(foldWithRestart(messages, at, SEAL_EVERY)).toBe(text);
        const hashes = new Map<number, string>();
        for (const each of folded)
          if (each.kind === 'commits')
            for (const { link, hash } of each.commits)
              hashes.set(link.firstSequence + link.count - 1, hash.toString('hex'));
        const places = new Map<string, number[]>();
        for (const { payload, sequence } of events) places.set(payload, [...(places.get(payload) ?? []), sequence]);
        for (const { payload, committed, isUnknown, index } of writers.flatMap(({ written }) => written)) {
          const found = places.get(payload) ?? [];
          if (committed === null) expect(found.length, payload).toBeLessThanOrEqual(isUnknown ? 1 : 0);
          else expect(found, payload).toEqual([committed.firstSequence + index]);
          if (committed !== null) expect(hashes.get(committed.head.sequence)).toBe(committed.head.hash);
        }
      }),
      { numRuns: quick(8, 400) },
    );
  });

  it('would hold events twice and out of turn if every proposal that can be read were a commit', async () => {
    const troubles = noTroubles();
    let repeats = 0;
    // until everything has happened at least once
    for (let seed = 1; seed <= SEEDS_MAX && (troubles.counts.size < TROUBLES.length || repeats === 0); seed++) {
      const { messages, events } = await run(
        seed,
        ['commits', 'concurrent commits', 'pipeline', 'unique ids'],
        troubles,
        layout,
      );
      const payloads = messages
        .filter(({ topic }) => topic.startsWith('c.') || topic.startsWith('f.'))
        .flatMap(({ body }) => body.toString().match(/"[a-g]\d+"/g) ?? []);
      repeats += payloads.length - new Set(payloads).size;
      expect(new Set(events.map(({ payload }) => payload)).size).toBe(events.length);
    }
    expect(repeats).toBeGreaterThan(0);
    expect([...troubles.counts.keys()].sort()).toEqual(TROUBLES);
  });
});
