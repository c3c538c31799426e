/** What a ledger in memory holds, and the commit protocol over it. Nothing survives the process. */

import { EventColumns } from '../../../src/core/frames/event-columns.ts';
import type { LedgerIdentity, RoutingChange } from '../../../src/core/ledger/ledger.ts';
import { type CommitLink, GENESIS, hashEpoch } from '../../../src/core/ledger/protocol/chain.ts';
import { checkCommit } from '../../../src/core/ledger/protocol/commit-check.ts';
import { linkCommit, stateAfter, toCommitted } from '../../../src/core/ledger/protocol/commit-link.ts';
import { planEpoch } from '../../../src/core/ledger/protocol/epoch-link.ts';
import { basisOf, type LedgerState, loadsOf, routingOf } from '../../../src/core/ledger/protocol/ledger-state.ts';
import type { LedgerBlueprint } from '../../../src/core/model/config.ts';
import type * as Commits from '../../../src/core/model/events/commit.ts';
import { EVERYTHING, type SequenceRange } from '../../../src/core/model/events/range.ts';
import type { Plan } from '../../../src/core/model/routing/epoch-plan.ts';
import type { PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Epochs, Placement } from '../../../src/core/model/routing/routing.ts';
import { formatRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { draftedPin, idleMicrosOf, type Pin, pinsHoldSince } from '../../../src/core/model/routing/session-pins.ts';
import { type Micros, NO_TIME, TIME_MIN } from '../../../src/core/model/time/time.ts';

interface KeptCommit extends Commits.StoredCommit {
  readonly link: CommitLink;
  /** Hash of the link before it, and its own. */
  readonly previous: Buffer;
  readonly hash: Buffer;
}

export class MemoryStore {
  commits: KeptCommit[] = [];
  producers = new Map<string, Commits.ProducerPosition>();
  ids = new Map<string, { readonly sequence: number; readonly hash: Buffer }>();
  pins = new Map<string, Pin & { readonly epoch: number }>();
  epochLinks: { readonly fromSequence: number; readonly hash: Buffer }[] = [];
  identity: LedgerIdentity;
  state: LedgerState;

  constructor(path: string, { config, routing, partitionNames, partitionIds }: LedgerBlueprint, now: Micros) {
    const epoch = { epoch: 1, fromSequence: 1, spec: routing, partitionIds, placedFrom: null };
    const partitions = partitionNames.map((name, id) => ({ id, name }));
    this.identity = { path, uuid: crypto.randomUUID(), createdAt: now, config, epochs: [epoch], partitions };
    const empty = { sequence: 0, time: TIME_MIN, committedAt: TIME_MIN, hash: GENESIS, placements: new Map() };
    this.state = { ...empty, epoch, partitionNames };
    this.#linkEpoch([]);
  }

  /** The same again, for a transaction that may be abandoned. */
  copy(): MemoryStore {
    const { commits, producers, ids, pins } = this;
    const own = { commits: [...commits], producers: new Map(producers), ids: new Map(ids), pins: new Map(pins) };
    return Object.assign(Object.create(MemoryStore.prototype) as MemoryStore, this, own);
  }

  endOf = (partition: PartitionId) => this.events([partition]).length;

  loads(): number[] | null {
    return pinsHoldSince(this.identity.epochs) === null ? null : loadsOf(this.state, this.endOf);
  }

  basis(): Commits.Basis {
    const loads = this.loads();
    return basisOf(this.state, loads === null ? null : { loads, hasPins: this.pins.size > 0 });
  }

  producerOf(name: string): Commits.ProducerPosition {
    return this.producers.get(name) ?? { position: 0, digest: Buffer.alloc(0) };
  }

  pinsOf(sessions: readonly string[]): Pin[] {
    const since = pinsHoldSince(this.identity.epochs) ?? Number.POSITIVE_INFINITY;
    const { partitionIds } = this.state.epoch;
    return sessions
      .flatMap((session) => this.pins.get(session) ?? [])
      .filter(({ epoch, partition }) => epoch >= since && partitionIds.includes(partition));
  }

  commit(draft: Commits.CommitDraft): Commits.CommitOutcome {
    const { epoch } = this.state;
    const pins = Array.from({ length: draft.pins.pins.count }, (_, at) => draftedPin(draft.pins.pins, at));
    const differences = checkCommit(draft, this.state, {
      producer: draft.producer && this.producerOf(draft.producer.name),
      known: draft.ids.flatMap(({ id, hash, index }) => {
        const known = this.ids.get(id);
        return known === undefined ? [] : [{ index, id, sequence: known.sequence, isRepeat: known.hash.equals(hash) }];
      }),
      pins: pins.flatMap(({ session, lastSeenBefore }) =>
        this.pinsOf([session]).filter(({ lastSeen }) => lastSeen !== lastSeenBefore),
      ),
    });
    if (differences !== null) return { kind: 'conflict', basis: this.basis(), ...differences };

    const commit = linkCommit(draft, this.state, this.identity.uuid, this.endOf);
    const { link, hash, timeShift } = commit;
    // copied: the draft's memory is used again
    const frames = link.frames.map((frame, at) => ({ ...frame, body: Buffer.from(draft.frames[at]?.body as Buffer) }));
    this.commits.push({ firstSequence: link.firstSequence, frames, link, previous: this.state.hash, hash });
    if (draft.producer !== null) this.producers.set(draft.producer.name, draft.producer);
    for (const id of draft.ids) this.ids.set(id.id, { sequence: link.firstSequence + id.index, hash: id.hash });
    for (const { session, partition, lastSeen } of pins) {
      const seen = idleMicrosOf(epoch) === null ? NO_TIME : lastSeen + timeShift;
      this.pins.set(session, { session, partition, lastSeen: seen, epoch: epoch.epoch });
    }
    this.state = stateAfter(this.state, commit);
    return toCommitted(commit, this.state, this.loads());
  }

  beginEpoch(plan: Plan): RoutingChange {
    const before = routingOf(this.state);
    const planned = plan(before);
    if (planned === null) return { before, after: before };
    const { routing, placements } = planEpoch(this.state, planned);
    this.state = { ...this.state, ...routing };
    const epochs = [...this.identity.epochs, routing.epoch] as unknown as Epochs;
    this.identity = { ...this.identity, epochs, partitions: routing.partitionNames.map((name, id) => ({ id, name })) };
    this.#linkEpoch(placements);
    return { before, after: routing };
  }

  /** Commits that reach into the range, with the frames of these partitions. */
  within({ from, through }: SequenceRange, partitions: readonly PartitionId[] | null): KeptCommit[] {
    if (from > through) return [];
    return this.commits
      .filter(({ link }) => link.firstSequence <= through && link.firstSequence + link.count > from)
      .map((commit) => ({
        ...commit,
        frames: commit.frames.filter(({ partition }) => partitions?.includes(partition) ?? true),
      }));
  }

  /** Sequence and time of the events of these partitions, by sequence. */
  events(partitions: readonly PartitionId[] | null): { readonly sequence: number; readonly time: Micros }[] {
    return this.within(EVERYTHING, partitions).flatMap((commit) => {
      const { sequences, times } = EventColumns.of(commit, EVERYTHING);
      return Array.from(sequences, (sequence, at) => ({ sequence, time: times[at] as number }));
    });
  }

  #linkEpoch(placements: readonly Placement[]): void {
    const { uuid, createdAt, config } = this.identity;
    const { epoch, fromSequence, spec } = this.state.epoch;
    const ledger = { uuid, createdAt, config: JSON.stringify(config) };
    const partitions = this.identity.partitions.map((partition) => ({ ...partition, tableName: '', epoch: 0 }));
    const link = { ledger, epoch, fromSequence, routing: formatRoutingSpec(spec), partitions, placements };
    this.state = { ...this.state, hash: hashEpoch(this.state.hash, link) };
    this.epochLinks.push({ fromSequence, hash: this.state.hash });
  }
}
