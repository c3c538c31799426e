/** A ledger in memory behind the port, and its driver: the least that a storage has to do. */

import type { LedgerDriver } from '../../../src/core/ledger/driver.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { append, basisAt } from '../../../src/core/ledger/protocol/append.ts';
import { GENESIS } from '../../../src/core/ledger/protocol/chain.ts';
import { firstEpoch, planEpoch } from '../../../src/core/ledger/protocol/epoch-link.ts';
import { boundedLane } from '../../../src/core/ledger/protocol/lane-bounds.ts';
import { headOf, routingOf } from '../../../src/core/ledger/protocol/ledger-state.ts';
import { checkBodies, checkLink } from '../../../src/core/ledger/protocol/link-check.ts';
import { OfferOrder } from '../../../src/core/ledger/protocol/offer-order.ts';
import { VerifyRun } from '../../../src/core/ledger/protocol/verify-run.ts';
import type { CommitOutcome } from '../../../src/core/model/events/commit.ts';
import { bodyBytes, type ReadRequest } from '../../../src/core/model/events/history.ts';
import { EVERYTHING } from '../../../src/core/model/events/range.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { beginGeneration, type Group, MemoryGroups } from './memory-groups.ts';
import { MemoryLog } from './memory-log.ts';

/** What all openings of one location share. */
interface Location {
  log: MemoryLog;
  readonly groups: Map<string, Group>;
  /** Who is told of commits by other openings. */
  readonly listeners: Map<() => void, MemoryLedger>;
}

class MemoryLedger implements Ledger {
  readonly #location: Location;
  #isOpen = true;
  readonly groupStore: MemoryGroups;

  constructor(location: Location) {
    this.#location = location;
    this.groupStore = new MemoryGroups(() => this.#log, location.groups);
  }

  get #log(): MemoryLog {
    if (this.#isOpen) return this.#location.log;
    throw new LedgerError('CLOSED', { message: 'the ledger is closed', hint: 'open it again' });
  }

  get identity() {
    return this.#location.log.identity;
  }

  head: Ledger['head'] = async () => headOf(this.#log.state);
  basis: Ledger['basis'] = async () => basisAt(this.#log.state, this.#log);
  pinsOf: Ledger['pinsOf'] = async (sessions) => this.#log.pinsOf(sessions);
  positionOfProducer: Ledger['positionOfProducer'] = async (name) => this.#log.producerOf(name);
  warnings: Ledger['warnings'] = async () => [];

  commit: Ledger['commit'] = async (draft) => {
    const outcome = append(draft, this.#log);
    if (outcome.kind === 'committed') this.#notify();
    return outcome;
  };

  beginEpoch: Ledger['beginEpoch'] = async (plan) => {
    const before = routingOf(this.#log.state);
    const planned = plan(before);
    if (planned === null) return { before, after: before };
    this.#log.begin(planEpoch(this.#log.state, planned));
    if (planned.newPartitionNames.length > 0)
      for (const group of this.#location.groups.values()) beginGeneration(group);
    return { before, after: routingOf(this.#log.state) };
  };

  begin: Ledger['begin'] = async () => {
    const [before, { state }, copy] = [this.#log, this.#log, this.#log.copy()];
    return {
      pinsOf: async (sessions) => copy.pinsOf(sessions),
      commit: async (draft): Promise<CommitOutcome> => append(draft, copy),
      end: async () => {
        if (this.#log !== before || before.state !== state)
          throw new LedgerError('BUSY', { message: 'another writer has committed meanwhile', hint: 'try again' });
        this.#location.log = copy;
        this.#notify();
      },
      abandon: async () => {},
    };
  };

  openPipeline: Ledger['openPipeline'] = async () => {
    const order = new OfferOrder();
    return {
      offer: (draft, generation) => order.offer(generation, () => this.commit(draft)),
      close: async () => {},
    };
  };

  read: Ledger['read'] = async ({ range, partitions }) => ({
    commits: this.#log.within(range, partitions),
    next: null,
  });

  async *pages(request: ReadRequest) {
    yield await this.read(request);
  }

  readLane: Ledger['readLane'] = async (request) =>
    boundedLane(this.#log.frames([request.partition], { ...EVERYTHING, from: request.fromSequence }), request);

  ends: Ledger['ends'] = async (partitions) => partitions.map(this.#log.endOf);

  positionsAt: Ledger['positionsAt'] = async (sequence) =>
    this.identity.partitions.map(({ id }) => {
      const before = this.#log.events([id]).filter((event) => event.sequence < sequence);
      return { nextOffset: before.length, nextSequence: sequence };
    });

  sequenceAtTime: Ledger['sequenceAtTime'] = async (time) =>
    this.#log.events(null).find((event) => event.time >= time)?.sequence ?? this.#log.state.sequence + 1;

  sequenceOfLast: Ledger['sequenceOfLast'] = async (count, partitions, through = Number.MAX_SAFE_INTEGER) =>
    this.#log
      .events(partitions)
      .filter(({ sequence }) => sequence <= through)
      .at(-count)?.sequence ?? 1;

  partitionsSentTo: Ledger['partitionsSentTo'] = async (range) => [
    ...new Set(this.#log.within(range, null).flatMap(({ sentTo }) => sentTo ?? [])),
  ];

  summarize: Ledger['summarize'] = async () =>
    this.identity.partitions.map((partition) => {
      const events = this.#log.events([partition.id]);
      const bytes = bodyBytes(this.#log.frames([partition.id]));
      const times = { firstTime: events[0]?.time ?? null, lastTime: events.at(-1)?.time ?? null };
      return { ...partition, events: events.length, nextOffset: events.length, bytes, isEstimate: false, ...times };
    });

  describe: Ledger['describe'] = async () => {
    const { identity } = this;
    const { commits, pins, state } = this.#log;
    const named = commits.flatMap(({ producer, producerPosition }) =>
      producer === null ? [] : [[producer, producerPosition ?? 0] as const],
    );
    const producers = [...new Map(named)].sort().map(([name, position]) => ({ name, position }));
    const { durability } = identity.config;
    const sizes = { fileBytes: 0, walBytes: 0, settings: {}, worldReadable: false, foreignObjects: [] };
    return {
      ...{ identity, format: 1, head: headOf(state), producers, partitions: await this.summarize() },
      ...{ commits: commits.length, firstTime: commits[0]?.firstTime ?? null, sessions: pins.size },
      storage: { engine: 'memory', durability, ...sizes },
    };
  };

  gauges: Ledger['gauges'] = async (behind) => {
    const { head, firstTime, producers, partitions } = await this.describe();
    const { commits } = this.#log;
    const since = commits.filter(({ firstSequence }) => firstSequence > (behind ?? 0));
    const bytes = bodyBytes(since.flatMap(({ frames }) => frames));
    const growth = behind === null ? null : { commits: since.length, bytes };
    const sizes = { storageBytes: 0, log: { bytes: 0, waitingBytes: 0 } };
    return {
      head,
      firstTime,
      committedAt: commits.at(-1)?.committedAt ?? null,
      partitions,
      growth,
      producers,
      ...sizes,
    };
  };

  verify: Ledger['verify'] = async ({ anchor, onProgress }) => {
    const { commits, epochs, uuid, state } = this.#log;
    const run = new VerifyRun(anchor);
    for (const { link, hash } of epochs) run.takeEpoch({ ...link, hash });
    let previous = GENESIS;
    for (const commit of commits) {
      previous = epochs.findLast(({ link }) => link.fromSequence === commit.firstSequence)?.hash ?? previous;
      checkLink(previous, uuid, commit, commit.frames);
      checkBodies(commit.frames);
      run.take(commit, commit.frames);
      previous = commit.hash;
    }
    run.checkEnd(headOf(state));
    onProgress?.({ events: run.events, commits: run.commits });
    return run.report(headOf(state));
  };

  watch: Ledger['watch'] = ({ onCommit }) => {
    const listener = () => onCommit();
    this.#location.listeners.set(listener, this);
    return { close: () => void this.#location.listeners.delete(listener) };
  };

  async close(): Promise<void> {
    this.#isOpen = false;
    for (const [listener, owner] of this.#location.listeners)
      if (owner === this) this.#location.listeners.delete(listener);
  }

  #notify(): void {
    for (const [listener, owner] of this.#location.listeners) if (owner !== this) queueMicrotask(listener);
  }
}

const locations = new Map<string, Location>();

export const memoryDriver: LedgerDriver = {
  create: async (path, blueprint, clock) => {
    if (locations.has(path)) throw new LedgerError('LEDGER_EXISTS', { message: `${path} exists`, hint: 'use it' });
    const first = firstEpoch(blueprint);
    const identity = { path, uuid: crypto.randomUUID(), createdAt: clock.nowMicros(), config: blueprint.config };
    const log = new MemoryLog(identity, first);
    log.begin(first);
    locations.set(path, { log, groups: new Map(), listeners: new Map() });
  },
  open: async (path) => {
    const location = locations.get(path);
    if (location !== undefined) return new MemoryLedger(location);
    throw new LedgerError('NO_LEDGER', { message: `there is no ledger at ${path}`, hint: 'create it' });
  },
  exists: async (path) => locations.has(path),
};
