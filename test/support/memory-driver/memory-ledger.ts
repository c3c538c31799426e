/** A ledger in memory behind the port, and the driver that opens it: the least a storage has to do. */

import type { LedgerDriver } from '../../../src/core/ledger/driver.ts';
import type {
  Ledger,
  LedgerDescription,
  LedgerGauges,
  LedgerIdentity,
  LedgerTransaction,
  PartitionSummary,
  Verification,
  VerifyReport,
} from '../../../src/core/ledger/ledger.ts';
import { hashBody, hashCommit } from '../../../src/core/ledger/protocol/chain.ts';
import { headOf, routingOf } from '../../../src/core/ledger/protocol/ledger-state.ts';
import type { CommitDraft, CommitOutcome, CommitPipeline } from '../../../src/core/model/events/commit.ts';
import { bodyBytes, type Page, type ReadRequest } from '../../../src/core/model/events/history.ts';
import { EVERYTHING, type SequenceRange } from '../../../src/core/model/events/range.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import type { Plan } from '../../../src/core/model/routing/epoch-plan.ts';
import type { PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Micros } from '../../../src/core/model/time/time.ts';
import type { MemoryGroups } from './memory-groups.ts';
import { MemoryStore } from './memory-store.ts';

class MemoryLedger implements Ledger {
  readonly #store: MemoryStore;
  readonly groups: MemoryGroups;

  constructor(store: MemoryStore) {
    this.#store = store;
    this.groups = store.groups;
  }

  get identity(): LedgerIdentity {
    return this.#store.identity;
  }

  head = async () => headOf(this.#store.state);
  basis = async () => this.#store.basis();
  pinsOf = async (sessions: readonly string[]) =>
    sessions.map((session) => this.#store.pinOf(session)).filter((pin) => pin !== null);
  positionOfProducer = async (name: string) => this.#store.positionOfProducer(name);
  warnings = async () => [];
  routing = async () => routingOf(this.#store.state);
  commit = async (draft: CommitDraft) => this.#notifying(this.#store.commit(draft));
  beginEpoch = async (plan: Plan) => this.#store.beginEpoch(plan);

  async begin(): Promise<LedgerTransaction> {
    const undo = this.#store.savepoint();
    const { pinsOf } = this;
    return {
      pinsOf,
      commit: async (draft) => this.#store.commit(draft),
      end: async () => this.#notify(),
      abandon: async () => undo(),
    };
  }

  async openPipeline(): Promise<CommitPipeline> {
    let lastGeneration = 0;
    const offer: CommitPipeline['offer'] = async (draft, generation) => {
      if (generation < lastGeneration) return { kind: 'stale' };
      // at once: later offers of the same turn must find it decided
      const outcome = this.#notifying(this.#store.commit(draft));
      lastGeneration = outcome.kind === 'conflict' ? generation + 1 : generation;
      return outcome;
    };
    return { offer, close: async () => {} };
  }

  async read({ range, partitions }: ReadRequest): Promise<Page> {
    return { commits: this.#store.within(range, partitions), next: null };
  }

  async *pages(request: ReadRequest): AsyncGenerator<Page, void, undefined> {
    yield await this.read(request);
  }

  async sequenceAtTime(time: Micros): Promise<number> {
    return this.#store.events(null).find((event) => event.time >= time)?.sequence ?? this.#store.state.sequence + 1;
  }

  async sequenceOfLast(
    count: number,
    partitions: readonly PartitionId[] | null,
    through = Number.MAX_SAFE_INTEGER,
  ): Promise<number> {
    return (
      this.#store
        .events(partitions)
        .filter(({ sequence }) => sequence <= through)
        .at(-count)?.sequence ?? 1
    );
  }

  async partitionsSentTo(range: SequenceRange): Promise<readonly PartitionId[]> {
    return [
      ...new Set(this.#store.within(range, null).flatMap(({ link: { sentTo } }) => (sentTo === null ? [] : [sentTo]))),
    ];
  }

  async summarize(): Promise<PartitionSummary[]> {
    return this.identity.partitions.map(({ id, name }) => {
      const events = this.#store.events([id]);
      const bytes = bodyBytes(this.#store.within(EVERYTHING, [id]).flatMap(({ frames }) => frames));
      const times = { firstTime: events[0]?.time ?? null, lastTime: events.at(-1)?.time ?? null };
      return { id, name, events: events.length, bytes, isEstimate: false, nextOffset: events.length, ...times };
    });
  }

  async describe(): Promise<LedgerDescription> {
    const { identity } = this;
    const storage = {
      engine: 'memory',
      durability: identity.config.durability,
      fileBytes: 0,
      walBytes: 0,
      settings: {},
      worldReadable: false,
      foreignObjects: [],
    };
    const { commits, producers, pins } = this.#store;
    const facts = {
      warnings: [],
      commits: commits.length,
      sessions: pins.size,
      firstTime: commits[0]?.link.firstTime ?? null,
    };
    return {
      identity,
      format: 1,
      head: await this.head(),
      ...facts,
      partitions: await this.summarize(),
      producers: list(producers),
      storage,
    };
  }

  async gauges(behind: number | null): Promise<LedgerGauges> {
    const { commits, producers } = this.#store;
    const since = commits.filter(({ firstSequence }) => behind !== null && firstSequence > behind);
    return {
      head: await this.head(),
      firstTime: commits[0]?.link.firstTime ?? null,
      committedAt: commits.at(-1)?.link.committedAt ?? null,
      partitions: await this.summarize(),
      growth:
        behind === null ? null : { commits: since.length, bytes: bodyBytes(since.flatMap(({ frames }) => frames)) },
      producers: list(producers),
      fileBytes: 0,
      wal: { bytes: 0, waitingBytes: 0 },
    };
  }

  async verify({ anchor, onProgress }: Verification): Promise<VerifyReport> {
    const heads = new Set(this.#store.epochHeads);
    for (const { link, hash, frames, previous } of this.#store.commits) {
      const isSound =
        hashCommit(previous, this.identity.uuid, link).equals(hash) &&
        frames.every(({ body }, at) => hashBody(body).equals(link.frames[at]?.hash as Buffer));
      if (!isSound)
        throw new LedgerError('VERIFICATION_FAILED', {
          message: `commit ${link.firstSequence} has changed`,
          hint: 'restore it',
        });
      heads.add(`${link.firstSequence + link.count - 1}:${hash.toString('hex')}`);
    }
    if (anchor !== undefined && !heads.has(`${anchor.sequence}:${anchor.hash}`)) {
      throw new LedgerError('HEAD_MISMATCH', {
        message: `the ledger does not extend ${anchor.sequence}`,
        hint: 'find the right one',
      });
    }
    const [events, commits] = [this.#store.state.sequence, this.#store.commits.length];
    onProgress?.({ events, commits });
    return { events, commits, head: await this.head(), isAnchored: anchor !== undefined };
  }

  watch({ onCommit }: { onCommit(): void }): { close(): void } {
    const listener = { owner: this as unknown, onCommit };
    this.#store.listeners.add(listener);
    return { close: () => void this.#store.listeners.delete(listener) };
  }

  async close(): Promise<void> {
    for (const listener of this.#store.listeners) if (listener.owner === this) this.#store.listeners.delete(listener);
  }

  #notify(): void {
    for (const { owner, onCommit } of this.#store.listeners) if (owner !== this) queueMicrotask(onCommit);
  }

  #notifying(outcome: CommitOutcome): CommitOutcome {
    if (outcome.kind === 'committed') this.#notify();
    return outcome;
  }
}

function list(producers: MemoryStore['producers']) {
  return [...producers].sort().map(([name, { position }]) => ({ name, position }));
}

/** Ledgers by their locations, for as long as the process lives. */
const stores = new Map<string, MemoryStore>();

export const memoryDriver: LedgerDriver = {
  create: async (location, blueprint, clock) => {
    if (stores.has(location))
      throw new LedgerError('LEDGER_EXISTS', { message: `${location} exists already`, hint: 'use it' });
    stores.set(location, new MemoryStore(location, blueprint, clock.nowMicros()));
  },
  open: async (location) => {
    const store = stores.get(location);
    if (store === undefined)
      throw new LedgerError('NO_LEDGER', { message: `there is no ledger at ${location}`, hint: 'make one' });
    return new MemoryLedger(store);
  },
  exists: async (location) => stores.has(location),
};
