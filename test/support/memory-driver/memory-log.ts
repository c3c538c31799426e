/** What a ledger in memory holds: a log, in which everything else is looked up. Nothing survives the process. */

import { EventColumns } from '../../../src/core/frames/event-columns.ts';
import type { LedgerIdentity } from '../../../src/core/ledger/ledger.ts';
import { type AppendTarget, knownIds } from '../../../src/core/ledger/protocol/append.ts';
import { type LinkedCommit, stateAfter } from '../../../src/core/ledger/protocol/commit-link.ts';
import { type LinkedEpoch, linkEpoch, type PlannedEpoch } from '../../../src/core/ledger/protocol/epoch-link.ts';
import type { Cursor } from '../../../src/core/ledger/protocol/group-state.ts';
import type { LedgerState } from '../../../src/core/ledger/protocol/ledger-state.ts';
import type { CommitRow, HashedFrame } from '../../../src/core/ledger/protocol/link-check.ts';
import type { CommitDraft, UniqueId } from '../../../src/core/model/events/commit.ts';
import { EVERYTHING, type SequenceRange } from '../../../src/core/model/events/range.ts';
import type { PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Epochs } from '../../../src/core/model/routing/routing.ts';
import { draftedPin, idleMicrosOf, type Pin, pinsHoldSince } from '../../../src/core/model/routing/session-pins.ts';
import { NO_TIME } from '../../../src/core/model/time/time.ts';

interface KeptCommit extends CommitRow {
  readonly frames: readonly HashedFrame[];
  readonly ids: readonly UniqueId[];
  readonly pins: readonly (Pin & { readonly epoch: number })[];
}

interface MemoryState extends LedgerState {
  readonly commits: readonly KeptCommit[];
  readonly epochs: readonly LinkedEpoch[];
}

type Settings = Pick<LedgerIdentity, 'path' | 'uuid' | 'createdAt' | 'config'>;

export class MemoryLog implements AppendTarget<MemoryState> {
  readonly #settings: Settings;
  state: MemoryState;

  constructor(settings: Settings, state: MemoryState) {
    this.#settings = settings;
    this.state = state;
  }

  /** The same again, for a transaction that may be abandoned. */
  copy(): MemoryLog {
    return new MemoryLog(this.#settings, this.state);
  }

  get identity(): LedgerIdentity {
    const { epochs, partitionNames } = this.state;
    const partitions = partitionNames.map((name, id) => ({ id, name }));
    return { ...this.#settings, epochs: epochs.map(({ routing }) => routing.epoch) as unknown as Epochs, partitions };
  }

  begin(planned: PlannedEpoch): void {
    const { uuid, createdAt, config } = this.#settings;
    const { hash, epochs } = this.state;
    const ledger = { uuid, createdAt, config: JSON.stringify(config) };
    const linked = linkEpoch(hash, ledger, epochs.at(-1)?.link.partitions ?? [], planned, String);
    this.state = { ...this.state, ...linked.routing, hash: linked.hash, epochs: [...epochs, linked] };
  }

  facts({ producer, ids, pins }: CommitDraft) {
    return {
      producer: producer && this.producerOf(producer.name),
      known: knownIds(ids, (id) => this.#idOf(id)),
      pins: pinsIn(pins).flatMap(({ session, lastSeenBefore }) =>
        this.pinsOf([session]).filter(({ lastSeen }) => lastSeen !== lastSeenBefore),
      ),
    };
  }

  write(commit: LinkedCommit, { frames: bodies, ids, pins }: CommitDraft, state: MemoryState): MemoryState {
    const { link, hash, timeShift } = commit;
    const { epoch } = state.epoch;
    const isForEver = idleMicrosOf(state.epoch) === null;
    const kept: KeptCommit = {
      ...link,
      hash,
      // copied: the draft's memory is used again
      frames: link.frames.map((frame, at) => ({ ...frame, body: Buffer.from(bodies[at]?.body as Buffer) })),
      ids,
      pins: pinsIn(pins).map((pin) => ({ ...pin, epoch, lastSeen: isForEver ? NO_TIME : pin.lastSeen + timeShift })),
    };
    this.state = { ...stateAfter(state, commit), commits: [...state.commits, kept] };
    return this.state;
  }

  nextOffset = (_: LedgerState, partition: PartitionId) => this.endOf(partition);
  hasPins = () => this.sessions().size > 0;
  sessions = () => new Map(this.state.commits.flatMap(({ pins }) => pins.map((pin) => [pin.session, pin])));
  endOf = (partition: PartitionId) => this.events([partition]).length;
  timeOfNext = ({ partition, nextOffset }: Cursor) => this.events([partition])[nextOffset]?.time ?? null;

  #idOf(wanted: string) {
    const commit = this.state.commits.find(({ ids }) => ids.some(({ id }) => id === wanted));
    const known = commit?.ids.find(({ id }) => id === wanted);
    return commit && known && { sequence: commit.firstSequence + known.index, hash: known.hash };
  }

  producerOf(name: string) {
    const last = this.state.commits.findLast(({ producer }) => producer === name);
    return { position: last?.producerPosition ?? 0, digest: last?.producerDigest ?? Buffer.alloc(0) };
  }

  pinsOf(sessions: readonly string[]): Pin[] {
    const known = this.sessions();
    const since = pinsHoldSince(this.identity.epochs) ?? Number.POSITIVE_INFINITY;
    return sessions
      .flatMap((session) => known.get(session) ?? [])
      .filter(({ epoch, partition }) => epoch >= since && this.state.epoch.partitionIds.includes(partition));
  }

  /** Commits that reach into the range, with the frames of these partitions. */
  within({ from, through }: SequenceRange, partitions: readonly PartitionId[] | null): KeptCommit[] {
    const isWanted = ({ partition }: HashedFrame) => partitions?.includes(partition) ?? true;
    return this.state.commits
      .filter(
        (commit) => from <= through && commit.firstSequence <= through && commit.firstSequence + commit.count > from,
      )
      .map((commit) => ({ ...commit, frames: commit.frames.filter(isWanted) }));
  }

  /** Sequence and time of the events of these partitions, by sequence. */
  events(partitions: readonly PartitionId[] | null): { readonly sequence: number; readonly time: number }[] {
    return this.within(EVERYTHING, partitions).flatMap((commit) => {
      const { sequences, times } = EventColumns.of(commit, EVERYTHING);
      return Array.from(sequences, (sequence, at) => ({ sequence, time: times[at] as number }));
    });
  }
}

const pinsIn = ({ pins }: CommitDraft['pins']) => Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at));
