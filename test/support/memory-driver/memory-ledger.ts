/** A ledger in memory behind the port, and its driver: the least that a storage has to do. */

import type { LedgerDriver } from '../../../src/core/ledger/driver.ts';
import type { Ledger, LedgerDescription, LedgerGauges } from '../../../src/core/ledger/ledger.ts';
import { brokenCommit } from '../../../src/core/ledger/protocol/broken-commit.ts';
import { hashBody, hashCommit } from '../../../src/core/ledger/protocol/chain.ts';
import { headOf, routingOf } from '../../../src/core/ledger/protocol/ledger-state.ts';
import { OfferOrder } from '../../../src/core/ledger/protocol/offer-order.ts';
import { VerifyRun } from '../../../src/core/ledger/protocol/verify-run.ts';
import type { CommitOutcome, CommitPipeline } from '../../../src/core/model/events/commit.ts';
import { bodyBytes, type ReadRequest } from '../../../src/core/model/events/history.ts';
import { EVERYTHING } from '../../../src/core/model/events/range.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { type Group, MemoryGroups } from './memory-groups.ts';
import { MemoryStore } from './memory-store.ts';

type Listener = { readonly owner: MemoryLedger; onCommit(): void };

/** What all openings of one location share. */
class Location {
  readonly groups = new Map<string, Group>();
  readonly listeners = new Set<Listener>();
  store: MemoryStore;

  constructor(store: MemoryStore) {
    this.store = store;
  }
}

class MemoryLedger implements Ledger {
  readonly compaction = null;
  readonly #location: Location;
  #isOpen = true;
  readonly groups: MemoryGroups;

  constructor(location: Location) {
    this.#location = location;
    this.groups = new MemoryGroups(() => this.#store, location.groups);
  }

  get #store(): MemoryStore {
    if (this.#isOpen) return this.#location.store;
    throw new LedgerError('CLOSED', { message: 'the ledger is closed', hint: 'open it again' });
  }

  get identity() {
    return this.#location.store.identity;
  }

  head: Ledger['head'] = async () => headOf(this.#store.state);
  basis: Ledger['basis'] = async () => this.#store.basis();
  routing: Ledger['routing'] = async () => routingOf(this.#store.state);
  pinsOf: Ledger['pinsOf'] = async (sessions) => this.#store.pinsOf(sessions);
  positionOfProducer: Ledger['positionOfProducer'] = async (name) => this.#store.producerOf(name);
  warnings: Ledger['warnings'] = async () => [];
  commit: Ledger['commit'] = async (draft) => this.#notifying(this.#store.commit(draft));

  beginEpoch: Ledger['beginEpoch'] = async (plan) => {
    const change = this.#store.beginEpoch(plan);
    const hasNew = change.after.partitionNames.length > change.before.partitionNames.length;
    if (hasNew) for (const group of this.#location.groups.values()) group.generation++;
    return change;
  };

  begin: Ledger['begin'] = async () => {
    const [before, copy] = [this.#store, this.#store.copy()];
    const { state } = before;
    return {
      pinsOf: async (sessions) => copy.pinsOf(sessions),
      commit: async (draft) => copy.commit(draft),
      end: async () => {
        if (this.#store !== before || before.state !== state)
          throw new LedgerError('BUSY', { message: 'another writer has committed meanwhile', hint: 'try again' });
        this.#location.store = copy;
        this.#notify();
      },
      abandon: async () => {},
    };
  };

  openPipeline: Ledger['openPipeline'] = async () => {
    const order = new OfferOrder();
    // decided before it returns: later offers of the same turn depend on it
    const offer: CommitPipeline['offer'] = async (draft, generation) => {
      if (order.isStale(generation)) return { kind: 'stale' };
      const outcome = this.#notifying(this.#store.commit(draft));
      order.note(generation, outcome);
      return outcome;
    };
    return { offer, close: async () => {} };
  };

  read: Ledger['read'] = async ({ range, partitions }) => ({
    commits: this.#store.within(range, partitions),
    next: null,
  });

  async *pages(request: ReadRequest) {
    yield await this.read(request);
  }

  sequenceAtTime: Ledger['sequenceAtTime'] = async (time) =>
    this.#store.events(null).find((event) => event.time >= time)?.sequence ?? this.#store.state.sequence + 1;

  sequenceOfLast: Ledger['sequenceOfLast'] = async (count, partitions, through = Number.MAX_SAFE_INTEGER) =>
    this.#store
      .events(partitions)
      .filter(({ sequence }) => sequence <= through)
      .at(-count)?.sequence ?? 1;

  partitionsSentTo: Ledger['partitionsSentTo'] = async (range) => [
    ...new Set(this.#store.within(range, null).flatMap(({ link: { sentTo } }) => sentTo ?? [])),
  ];

  summarize: Ledger['summarize'] = async () =>
    this.identity.partitions.map(({ id, name }) => {
      const [events, commits] = [this.#store.events([id]), this.#store.within(EVERYTHING, [id])];
      const bytes = bodyBytes(commits.flatMap(({ frames }) => frames));
      const times = { firstTime: events[0]?.time ?? null, lastTime: events.at(-1)?.time ?? null };
      return {
        id,
        name,
        events: events.length,
        bytes,
        storedBytes: bytes,
        isEstimate: false,
        nextOffset: events.length,
        ...times,
      };
    });

  describe: Ledger['describe'] = async () => {
    const { identity } = this;
    const { commits, pins } = this.#store;
    const storage = { engine: 'memory', durability: identity.config.durability, settings: {}, foreignObjects: [] };
    const sizes = { fileBytes: 0, walBytes: 0, worldReadable: false };
    const counts = { format: 1, commits: commits.length, sessions: pins.size, partitions: await this.summarize() };
    return { identity, ...(await this.#moving()), ...counts, storage: { ...storage, ...sizes } };
  };

  gauges: Ledger['gauges'] = async (behind) => {
    const { commits } = this.#store;
    const since = commits.filter(({ firstSequence }) => firstSequence > (behind ?? 0));
    const bytes = bodyBytes(since.flatMap(({ frames }) => frames));
    const growth = behind === null ? null : { commits: since.length, bytes };
    const committedAt = commits.at(-1)?.link.committedAt ?? null;
    const sizes = { storageBytes: 0, log: { bytes: 0, waitingBytes: 0 } };
    return { ...(await this.#moving()), committedAt, partitions: await this.summarize(), growth, ...sizes };
  };

  verify: Ledger['verify'] = async ({ anchor, onProgress }) => {
    const { commits, epochLinks } = this.#store;
    const run = new VerifyRun(anchor);
    for (const epoch of epochLinks) run.takeEpoch(epoch);
    for (const { link, hash, frames, previous } of commits) {
      const isSound =
        hashCommit(previous, this.identity.uuid, link).equals(hash) &&
        frames.every(({ body }, at) => hashBody(body).equals(link.frames[at]?.hash as Buffer));
      if (!isSound) throw brokenCommit(link.firstSequence, 'it has changed');
      run.take({ ...link, hash }, frames);
    }
    const head = await this.head();
    run.checkEnd(head);
    run.checkAnchor();
    const { events, commits: count } = run;
    onProgress?.({ events, commits: count });
    return { events, commits: count, head, isAnchored: anchor !== undefined };
  };

  watch: Ledger['watch'] = ({ onCommit }) => {
    const listener = { owner: this, onCommit };
    this.#location.listeners.add(listener);
    return { close: () => void this.#location.listeners.delete(listener) };
  };

  async close(): Promise<void> {
    this.#isOpen = false;
    for (const listener of this.#location.listeners)
      if (listener.owner === this) this.#location.listeners.delete(listener);
  }

  async #moving(): Promise<Pick<LedgerDescription & LedgerGauges, 'head' | 'firstTime' | 'producers'>> {
    const { commits, producers } = this.#store;
    const positions = [...producers].sort().map(([name, { position }]) => ({ name, position }));
    return { head: await this.head(), firstTime: commits[0]?.link.firstTime ?? null, producers: positions };
  }

  #notifying<Outcome extends CommitOutcome>(outcome: Outcome): Outcome {
    if (outcome.kind === 'committed') this.#notify();
    return outcome;
  }

  #notify(): void {
    for (const { owner, onCommit } of this.#location.listeners) if (owner !== this) queueMicrotask(onCommit);
  }
}

const locations = new Map<string, Location>();

export const memoryDriver: LedgerDriver = {
  create: async (path, blueprint, clock) => {
    if (locations.has(path)) throw new LedgerError('LEDGER_EXISTS', { message: `${path} exists`, hint: 'use it' });
    locations.set(path, new Location(new MemoryStore(path, blueprint, clock.nowMicros())));
  },
  open: async (path) => {
    const location = locations.get(path);
    if (location !== undefined) return new MemoryLedger(location);
    throw new LedgerError('NO_LEDGER', { message: `there is no ledger at ${path}`, hint: 'create it' });
  },
  exists: async (path) => locations.has(path),
};
