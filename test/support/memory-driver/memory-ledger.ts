/** A ledger in memory behind the port, and its driver: the least that a storage has to do. */

import type { LedgerDriver } from '../../../src/core/ledger/driver.ts';
import type { Ledger } from '../../../src/core/ledger/ledger.ts';
import { LogGroups } from '../../../src/core/ledger/log/log-groups.ts';
import { append, basisAt } from '../../../src/core/ledger/protocol/append.ts';
import { GENESIS } from '../../../src/core/ledger/protocol/chain.ts';
import { pipelineOver } from '../../../src/core/ledger/protocol/commit-pipeline.ts';
import { decideEpoch, firstEpoch } from '../../../src/core/ledger/protocol/epoch-link.ts';
import { boundedLane } from '../../../src/core/ledger/protocol/lane-bounds.ts';
import { EMPTY_LEDGER, headOf } from '../../../src/core/ledger/protocol/ledger-state.ts';
import { checkBodies, checkLink } from '../../../src/core/ledger/protocol/link-check.ts';
import { VerifyRun } from '../../../src/core/ledger/protocol/verify-run.ts';
import type { CommitOutcome } from '../../../src/core/model/events/commit.ts';
import { bodyBytes, type ReadRequest } from '../../../src/core/model/events/history.ts';
import { EVERYTHING } from '../../../src/core/model/events/range.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { systemClock } from '../../../src/core/model/time/clock.ts';
import { MemoryLog } from './memory-log.ts';
import { MemoryRecords } from './memory-records.ts';

/** What all openings of one location share. */
interface Location {
  log: MemoryLog;
  readonly records: MemoryRecords;
  readonly openings: Set<MemoryLedger>;
}

const NO_BYTES = { bytes: 0, log: { bytes: 0, waitingBytes: 0 } };

class MemoryLedger implements Ledger {
  readonly compaction = null;
  readonly #location: Location;
  readonly #listeners = new Set<() => void>();
  readonly groupStore: LogGroups;
  readonly archives = null;

  constructor(location: Location) {
    this.#location = location;
    this.groupStore = new LogGroups(location.records, {
      partitions: async () => ({ ids: this.identity.partitions.map(({ id }) => id), endOf: this.#log.endOf }),
      timeOfNext: async (cursor) => this.#log.timeOfNext(cursor),
    });
    location.openings.add(this);
  }

  get #log(): MemoryLog {
    if (this.#location.openings.has(this)) return this.#location.log;
    throw new LedgerError('CLOSED', { message: 'the ledger is closed', hint: 'open it again' });
  }

  get identity() {
    return this.#location.log.identity;
  }

  head: Ledger['head'] = async () => headOf(this.#log.state);
  firstSequence: Ledger['firstSequence'] = async () => 1;
  basis: Ledger['basis'] = async () => basisAt(this.#log.state, this.#log);
  pinsOf: Ledger['pinsOf'] = async (sessions) => this.#log.pinsOf(sessions);
  positionOfProducer: Ledger['positionOfProducer'] = async (name) => this.#log.producerOf(name);
  warnings: Ledger['warnings'] = async () => [];

  commit: Ledger['commit'] = async (draft) => {
    const outcome = append(draft, this.#log);
    if (outcome.kind === 'committed') this.#notifyOthers();
    return outcome;
  };

  beginEpoch: Ledger['beginEpoch'] = async (plan) => {
    const { planned, change } = decideEpoch(this.#log.state, plan);
    if (planned !== null) this.#log.begin(planned);
    return change;
  };

  begin: Ledger['begin'] = async () => {
    const copy = this.#log.copy();
    const { state } = copy;
    return {
      pinsOf: async (sessions) => copy.pinsOf(sessions),
      commit: async (draft): Promise<CommitOutcome> => append(draft, copy),
      end: async () => {
        if (this.#log.state !== state)
          throw new LedgerError('BUSY', { message: 'another writer has committed meanwhile', hint: 'try again' });
        this.#location.log = copy;
        this.#notifyOthers();
      },
      abandon: async () => {},
    };
  };

  openPipeline: Ledger['openPipeline'] = async () => pipelineOver((draft) => this.commit(draft));

  read: Ledger['read'] = async ({ range, partitions }) => ({
    commits: this.#log.within(range, partitions),
    next: null,
  });

  async *pages(request: ReadRequest) {
    yield await this.read(request);
  }

  readLane: Ledger['readLane'] = async (request) => {
    const commits = this.#log.within({ ...EVERYTHING, from: request.fromSequence }, [request.partition]);
    return boundedLane(framesOf(commits), request);
  };

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
      const bytes = bodyBytes(framesOf(this.#log.within(EVERYTHING, [partition.id])));
      const times = { firstTime: events[0]?.time ?? null, lastTime: events.at(-1)?.time ?? null };
      const sizes = { bytes, storedBytes: bytes, isEstimate: false };
      return { ...partition, events: events.length, nextOffset: events.length, ...sizes, ...times };
    });

  describe: Ledger['describe'] = async () => {
    const { identity } = this;
    const { state, sessions } = this.#log;
    const storage = { engine: 'memory', durability: identity.config.durability, settings: {}, foreignObjects: [] };
    const sizes = { ...NO_BYTES, worldReadable: false };
    const counts = { format: 1, commits: state.commits.length, sessions: sessions().size };
    return { identity, ...counts, ...(await this.#figures()), storage: { ...storage, ...sizes } };
  };

  gauges: Ledger['gauges'] = async (behind) => {
    const { commits } = this.#log.state;
    const since = commits.filter(({ firstSequence }) => firstSequence > (behind ?? 0));
    const growth = behind === null ? null : { commits: since.length, bytes: bodyBytes(framesOf(since)) };
    const committedAt = commits.at(-1)?.committedAt ?? null;
    return { ...(await this.#figures()), committedAt, growth, storage: NO_BYTES };
  };

  async #figures() {
    const { commits } = this.#log.state;
    const names = new Set(commits.flatMap(({ producer }) => producer ?? []));
    const producers = [...names].sort().map((name) => ({ name, position: this.#log.producerOf(name).position }));
    const [head, partitions] = [await this.head(), await this.summarize()];
    return { head, firstTime: commits[0]?.firstTime ?? null, producers, partitions };
  }

  verify: Ledger['verify'] = async ({ anchor, onProgress }) => {
    const { commits, epochs } = this.#log.state;
    const run = new VerifyRun(anchor);
    for (const { link, hash } of epochs) run.takeJoint({ beforeSequence: link.fromSequence, hash });
    let previous = GENESIS;
    for (const commit of commits) {
      previous = epochs.findLast(({ link }) => link.fromSequence === commit.firstSequence)?.hash ?? previous;
      checkLink(previous, this.identity.uuid, commit, commit.frames);
      checkBodies(commit.frames);
      run.take(commit, commit.frames);
      previous = commit.hash;
    }
    const head = await this.head();
    run.checkEnd(head);
    onProgress?.({ events: run.events, commits: run.commits });
    return run.report(head);
  };

  backup: Ledger['backup'] = async () => {
    throw new LedgerError('UNSUPPORTED', {
      message: 'a ledger in memory has no backup',
      hint: 'replay it into a file',
    });
  };

  watch: Ledger['watch'] = ({ onCommit }) => {
    const listener = () => onCommit();
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  };

  async close(): Promise<void> {
    this.#location.openings.delete(this);
  }

  #notifyOthers(): void {
    for (const other of this.#location.openings)
      if (other !== this) for (const listener of other.#listeners) queueMicrotask(listener);
  }
}

const framesOf = <Frame>(commits: readonly { readonly frames: readonly Frame[] }[]) =>
  commits.flatMap(({ frames }) => frames);

const locations = new Map<string, Location>();

let time: number | null = null;

/** Stops the clock of the store at this time; null lets it go with the clock of the system again. */
export function setMemoryTime(micros: number | null): void {
  time = micros;
}

export const memoryDriver: LedgerDriver = {
  create: async (path, blueprint, clock) => {
    if (locations.has(path)) throw new LedgerError('LEDGER_EXISTS', { message: `${path} exists`, hint: 'use it' });
    const first = firstEpoch(blueprint);
    const settings = { path, uuid: crypto.randomUUID(), createdAt: clock.nowMicros(), config: blueprint.config };
    const log = new MemoryLog(settings, { ...EMPTY_LEDGER, hash: GENESIS, ...first.routing, commits: [], epochs: [] });
    log.begin(first);
    const records = new MemoryRecords({ now: () => time ?? systemClock.nowMicros() });
    locations.set(path, { log, records, openings: new Set() });
  },
  open: async (path) => {
    const location = locations.get(path);
    if (location !== undefined) return new MemoryLedger(location);
    throw new LedgerError('NO_LEDGER', { message: `there is no ledger at ${path}`, hint: 'create it' });
  },
  exists: async (path) => locations.has(path),
};
