/** What a ledger in memory holds: its log, and what must be found in it by name. Nothing survives the process. */

import { EventColumns } from '../../../src/core/frames/event-columns.ts';
import type { LedgerIdentity } from '../../../src/core/ledger/ledger.ts';
import { type AppendTarget, knownIds } from '../../../src/core/ledger/protocol/append.ts';
import { GENESIS } from '../../../src/core/ledger/protocol/chain.ts';
import { type LinkedCommit, stateAfter } from '../../../src/core/ledger/protocol/commit-link.ts';
import { type LinkedEpoch, linkEpoch, type PlannedEpoch } from '../../../src/core/ledger/protocol/epoch-link.ts';
import type { Cursor } from '../../../src/core/ledger/protocol/group-state.ts';
import { EMPTY_LEDGER, type LedgerState } from '../../../src/core/ledger/protocol/ledger-state.ts';
import type { CommitRow, HashedFrame } from '../../../src/core/ledger/protocol/link-check.ts';
import type { CommitDraft } from '../../../src/core/model/events/commit.ts';
import { EVERYTHING, type SequenceRange } from '../../../src/core/model/events/range.ts';
import type { PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Epochs } from '../../../src/core/model/routing/routing.ts';
import {
  type DraftedPins,
  draftedPin,
  idleMicrosOf,
  type Pin,
  pinsHoldSince,
} from '../../../src/core/model/routing/session-pins.ts';
import { NO_TIME } from '../../../src/core/model/time/time.ts';

type Settings = Pick<LedgerIdentity, 'path' | 'uuid' | 'createdAt' | 'config'>;

export class MemoryLog implements AppendTarget<LedgerState> {
  readonly #settings: Settings;
  state: LedgerState;
  epochs: LinkedEpoch[] = [];
  commits: (CommitRow & { readonly frames: readonly HashedFrame[] })[] = [];
  ids = new Map<string, { readonly sequence: number; readonly hash: Buffer }>();
  pins = new Map<string, Pin & { readonly epoch: number }>();

  constructor(settings: Settings, { routing }: Pick<LinkedEpoch, 'routing'>) {
    this.#settings = settings;
    this.state = { ...EMPTY_LEDGER, hash: GENESIS, ...routing };
  }

  /** The same again, for a transaction that may be abandoned. */
  copy(): MemoryLog {
    const { state, epochs, commits, ids, pins } = this;
    const own = { state, epochs, commits: [...commits], ids: new Map(ids), pins: new Map(pins) };
    return Object.assign(new MemoryLog(this.#settings, { routing: state }), own);
  }

  get uuid() {
    return this.#settings.uuid;
  }

  get createdAt() {
    return this.#settings.createdAt;
  }

  get identity(): LedgerIdentity {
    const epochs = this.epochs.map(({ routing }) => routing.epoch) as unknown as Epochs;
    return { ...this.#settings, epochs, partitions: this.state.partitionNames.map((name, id) => ({ id, name })) };
  }

  begin(planned: PlannedEpoch): void {
    const ledger = { uuid: this.uuid, createdAt: this.createdAt, config: JSON.stringify(this.#settings.config) };
    const linked = linkEpoch(this.state.hash, ledger, this.epochs.at(-1)?.link.partitions ?? [], planned, String);
    this.epochs.push(linked);
    this.state = { ...this.state, ...linked.routing, hash: linked.hash };
  }

  facts({ producer, ids, pins: { pins } }: CommitDraft) {
    return {
      producer: producer && this.producerOf(producer.name),
      known: knownIds(ids, (id) => this.ids.get(id)),
      pins: drafted(pins).flatMap(({ session, lastSeenBefore }) =>
        this.pinsOf([session]).filter(({ lastSeen }) => lastSeen !== lastSeenBefore),
      ),
    };
  }

  write(commit: LinkedCommit, draft: CommitDraft, state: LedgerState): LedgerState {
    const { link, hash, timeShift } = commit;
    const { epoch } = state.epoch;
    // copied: the draft's memory is used again
    const frames = link.frames.map((frame, at) => ({ ...frame, body: Buffer.from(draft.frames[at]?.body as Buffer) }));
    this.commits.push({ ...link, hash, frames });
    for (const id of draft.ids) this.ids.set(id.id, { sequence: link.firstSequence + id.index, hash: id.hash });
    for (const { session, partition, lastSeen } of drafted(draft.pins.pins)) {
      const seen = idleMicrosOf(state.epoch) === null ? NO_TIME : lastSeen + timeShift;
      this.pins.set(session, { session, partition, lastSeen: seen, epoch });
    }
    this.state = stateAfter(state, commit);
    return this.state;
  }

  nextOffset = (_: LedgerState, partition: PartitionId) => this.endOf(partition);
  hasPins = () => this.pins.size > 0;
  endOf = (partition: PartitionId) => this.events([partition]).length;
  timeOfNext = ({ partition, nextOffset }: Cursor) => this.events([partition])[nextOffset]?.time ?? null;

  producerOf(name: string) {
    const last = this.commits.findLast(({ producer }) => producer === name);
    return { position: last?.producerPosition ?? 0, digest: last?.producerDigest ?? Buffer.alloc(0) };
  }

  pinsOf(sessions: readonly string[]): Pin[] {
    const since = pinsHoldSince(this.identity.epochs) ?? Number.POSITIVE_INFINITY;
    const isInForce = (pin: Pin & { readonly epoch: number }) =>
      pin.epoch >= since && this.state.epoch.partitionIds.includes(pin.partition);
    return sessions.flatMap((session) => this.pins.get(session) ?? []).filter(isInForce);
  }

  /** Commits that reach into the range, with the frames of these partitions. */
  within({ from, through }: SequenceRange, partitions: readonly PartitionId[] | null) {
    return this.commits
      .filter(
        (commit) => Math.max(from, commit.firstSequence) <= Math.min(through, commit.firstSequence + commit.count - 1),
      )
      .map((commit) => ({
        ...commit,
        frames: commit.frames.filter(({ partition }) => partitions?.includes(partition) ?? true),
      }));
  }

  frames = (partitions: readonly PartitionId[] | null, range: SequenceRange = EVERYTHING) =>
    this.within(range, partitions).flatMap((commit) => commit.frames);

  /** Sequence and time of the events of these partitions, by sequence. */
  events(partitions: readonly PartitionId[] | null): { readonly sequence: number; readonly time: number }[] {
    return this.within(EVERYTHING, partitions).flatMap((commit) => {
      const { sequences, times } = EventColumns.of(commit, EVERYTHING);
      return Array.from(sequences, (sequence, at) => ({ sequence, time: times[at] as number }));
    });
  }
}

const drafted = (pins: DraftedPins) => Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at));
