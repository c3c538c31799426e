/** What a ledger in memory holds: the commit protocol over arrays and maps. Nothing of it survives the process. */

import { EventColumns } from '../../../src/core/frames/event-columns.ts';
import type { LedgerIdentity, RoutingChange } from '../../../src/core/ledger/ledger.ts';
import { type CommitLink, GENESIS, hashEpoch } from '../../../src/core/ledger/protocol/chain.ts';
import { checkCommit } from '../../../src/core/ledger/protocol/commit-check.ts';
import { linkCommit, stateAfter } from '../../../src/core/ledger/protocol/commit-link.ts';
import { planEpoch } from '../../../src/core/ledger/protocol/epoch-link.ts';
import { headOf, type LedgerState, routingOf } from '../../../src/core/ledger/protocol/ledger-state.ts';
import type { LedgerBlueprint } from '../../../src/core/model/config.ts';
import type {
  Basis,
  CommitDraft,
  CommitOutcome,
  ProducerPosition,
  StoredCommit,
  StoredFrame,
} from '../../../src/core/model/events/commit.ts';
import { EVERYTHING, type SequenceRange } from '../../../src/core/model/events/range.ts';
import type { Plan } from '../../../src/core/model/routing/epoch-plan.ts';
import type { PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Epochs } from '../../../src/core/model/routing/routing.ts';
import { formatRoutingSpec } from '../../../src/core/model/routing/routing-text.ts';
import { draftedPin, type Pin, pinsHoldSince } from '../../../src/core/model/routing/session-pins.ts';
import { type Micros, NO_TIME, TIME_MIN } from '../../../src/core/model/time/time.ts';
import { MemoryGroups } from './memory-groups.ts';

interface KeptCommit extends StoredCommit {
  /** Hash of the link before it. */
  readonly previous: Buffer;
  readonly link: CommitLink;
  readonly hash: Buffer;
}

/** What lies under all ledgers that are open at one location. */
export class MemoryStore {
  readonly commits: KeptCommit[] = [];
  readonly producers = new Map<string, ProducerPosition>();
  readonly ids = new Map<string, { readonly sequence: number; readonly hash: Buffer }>();
  readonly pins = new Map<string, Pin & { readonly epoch: number }>();
  readonly offsets = new Map<PartitionId, number>();
  /** `SEQUENCE:HASH` of each epoch's beginning. */
  readonly epochHeads: string[] = [];
  /** Watches of all that have it open. */
  readonly listeners = new Set<{ readonly owner: unknown; onCommit(): void }>();
  readonly groups = new MemoryGroups(this);
  identity: LedgerIdentity;
  state: LedgerState;

  constructor(location: string, blueprint: LedgerBlueprint, now: Micros) {
    const epoch = {
      epoch: 1,
      fromSequence: 1,
      spec: blueprint.routing,
      partitionIds: blueprint.partitionIds,
      placedFrom: null,
    };
    const partitions = blueprint.partitionNames.map((name, id) => ({ id, name }));
    this.identity = {
      path: location,
      uuid: crypto.randomUUID(),
      createdAt: now,
      config: blueprint.config,
      epochs: [epoch],
      partitions,
    };
    const routing = { epoch, partitionNames: blueprint.partitionNames, placements: new Map<string, number>() };
    this.state = { ...routing, sequence: 0, time: TIME_MIN, committedAt: TIME_MIN, hash: GENESIS };
    this.#link();
  }

  basis(): Basis {
    const loads = this.#loads();
    return {
      floor: this.state.time,
      ...routingOf(this.state),
      sessions: loads === null ? null : { loads, hasPins: this.pins.size > 0 },
    };
  }

  pinOf(session: string): Pin | null {
    const pin = this.pins.get(session);
    const since = pinsHoldSince(this.identity.epochs);
    return pin !== undefined &&
      since !== null &&
      pin.epoch >= since &&
      this.state.epoch.partitionIds.includes(pin.partition)
      ? pin
      : null;
  }

  commit(draft: CommitDraft): CommitOutcome {
    const differences = checkCommit(draft, this.state, {
      producer: draft.producer === null ? null : this.positionOfProducer(draft.producer.name),
      known: draft.ids.flatMap(({ id, hash, index }) => {
        const stored = this.ids.get(id);
        return stored === undefined
          ? []
          : [{ index, id, sequence: stored.sequence, isRepeat: stored.hash.equals(hash) }];
      }),
      pins: draft.epoch === this.state.epoch.epoch ? this.#differingPins(draft) : [],
    });
    if (differences !== null) return { kind: 'conflict', basis: this.basis(), ...differences };
    const commit = linkCommit(draft, this.state, this.identity.uuid, (partition) => this.offsets.get(partition) ?? 0);
    const { link, hash, timeShift } = commit;
    // the draft's memory is used again, a storage keeps a copy
    const frames = link.frames.map(
      (frame, at): StoredFrame => ({ ...frame, body: Buffer.from(draft.frames[at]?.body ?? '') }),
    );
    this.commits.push({ firstSequence: link.firstSequence, frames, link, hash, previous: this.state.hash });
    for (const { partition, offset, count } of frames) this.offsets.set(partition, offset + count);
    if (draft.producer !== null) this.producers.set(draft.producer.name, draft.producer);
    for (const { id, hash: payload, index } of draft.ids)
      this.ids.set(id, { sequence: link.firstSequence + index, hash: payload });
    for (let at = 0; at < draft.pins.pins.count; at++) {
      const pin = draftedPin(draft.pins.pins, at);
      const isForEver = this.state.epoch.spec.rule !== 'sticky' || this.state.epoch.spec.idleMicros === null;
      this.pins.set(pin.session, {
        ...pin,
        lastSeen: isForEver ? NO_TIME : pin.lastSeen + timeShift,
        epoch: this.state.epoch.epoch,
      });
    }
    this.state = stateAfter(this.state, commit);
    const { firstSequence, count, firstTime, lastTime } = link;
    const offsets = frames.map(({ offset }) => offset);
    return {
      kind: 'committed',
      firstSequence,
      count,
      firstTime,
      lastTime,
      offsets,
      head: headOf(this.state),
      loads: this.#loads(),
    };
  }

  beginEpoch(plan: Plan): RoutingChange {
    const before = routingOf(this.state);
    const planned = plan(before);
    if (planned === null) return { before, after: before };
    const { routing } = planEpoch(this.state, planned);
    const partitions = routing.partitionNames.map((name, id) => ({ id, name }));
    this.identity = {
      ...this.identity,
      partitions,
      epochs: [...this.identity.epochs, routing.epoch] as unknown as Epochs,
    };
    this.state = { ...this.state, ...routing };
    this.#link();
    this.groups.nextGenerations();
    return { before, after: routingOf(this.state) };
  }

  positionOfProducer(name: string): ProducerPosition {
    return this.producers.get(name) ?? { position: 0, digest: Buffer.alloc(0) };
  }

  /** Commits that reach into the range, with the frames of these partitions. */
  within({ from, through }: SequenceRange, partitions: readonly PartitionId[] | null): KeptCommit[] {
    return this.commits
      .filter(({ link }) => link.firstSequence <= through && link.firstSequence + link.count > from)
      .map((commit) => ({
        ...commit,
        frames: commit.frames.filter(({ partition }) => partitions?.includes(partition) ?? true),
      }));
  }

  /** Sequence and time of every event of these partitions, by sequence. */
  events(partitions: readonly PartitionId[] | null): { sequence: number; time: Micros }[] {
    return this.within(EVERYTHING, partitions).flatMap((commit) => {
      const { sequences, times } = EventColumns.of(commit, EVERYTHING);
      return Array.from(sequences, (sequence, at) => ({ sequence, time: times[at] as number }));
    });
  }

  /** Returns what takes back everything since. */
  savepoint(): () => void {
    const [count, state, offsets] = [this.commits.length, this.state, new Map(this.offsets)];
    const [producers, ids, pins] = [new Map(this.producers), new Map(this.ids), new Map(this.pins)];
    return () => {
      this.commits.length = count;
      this.state = state;
      restore(this.offsets, offsets);
      restore(this.producers, producers);
      restore(this.ids, ids);
      restore(this.pins, pins);
    };
  }

  #differingPins({ pins: { pins } }: CommitDraft): Pin[] {
    return Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at)).flatMap(
      ({ session, lastSeenBefore }) => {
        const stored = this.pinOf(session);
        return stored !== null && stored.lastSeen !== lastSeenBefore ? [stored] : [];
      },
    );
  }

  #loads(): number[] | null {
    if (pinsHoldSince(this.identity.epochs) === null) return null;
    const { partitionIds } = this.state.epoch;
    return this.identity.partitions.map(({ id }) =>
      partitionIds.includes(id) ? (this.offsets.get(id) ?? 0) : Number.POSITIVE_INFINITY,
    );
  }

  /** The epoch in force becomes the last link. */
  #link(): void {
    this.state = { ...this.state, hash: this.#epochHash() };
    this.epochHeads.push(`${this.state.sequence}:${this.state.hash.toString('hex')}`);
  }

  #epochHash(): Buffer {
    const { uuid, createdAt } = this.identity;
    const { epoch } = this.state;
    const link = {
      epoch: epoch.epoch,
      fromSequence: epoch.fromSequence,
      routing: formatRoutingSpec(epoch.spec),
      partitions: [],
      placements: [],
    };
    return hashEpoch(this.state.hash, { ledger: { uuid, createdAt, config: '' }, ...link });
  }
}

function restore<Key, Value>(map: Map<Key, Value>, before: ReadonlyMap<Key, Value>): void {
  map.clear();
  for (const [key, value] of before) map.set(key, value);
}
