/** Consumer groups of a ledger in memory. */

import type { Groups, ParkedSpan } from '../../../src/core/ledger/groups.ts';
import { groupInUse, notParked, unknownGroup } from '../../../src/core/ledger/protocol/group-errors.ts';
import { planCursorMove, summarizeGroup } from '../../../src/core/ledger/protocol/group-summary.ts';
import {
  type Cursor,
  cursorAtStart,
  decideHeartbeat,
  type GroupLease,
  type GroupState,
  type Member,
} from '../../../src/core/ledger/protocol/membership.ts';
import type { StoredCommit } from '../../../src/core/model/events/commit.ts';
import type { Acknowledgement, HeldLease, ParkedEvent } from '../../../src/core/model/group.ts';
import { checkName, type PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Micros } from '../../../src/core/model/time/time.ts';
import type { MemoryStore } from './memory-store.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Group {
  readonly name: string;
  readonly createdAt: Micros;
  generation: number;
  readonly members: Map<string, Member>;
  readonly leases: Map<PartitionId, GroupLease>;
  readonly cursors: Map<PartitionId, Mutable<Cursor>>;
  readonly parked: Map<number, Mutable<ParkedEvent>>;
}

export class MemoryGroups implements Groups {
  readonly #store: () => MemoryStore;
  readonly #groups: Map<string, Group>;

  constructor(store: () => MemoryStore, groups: Map<string, Group>) {
    this.#store = store;
    this.#groups = groups;
  }

  create: Groups['create'] = async (name, fromSequence, createdAt) => {
    checkName('group', name);
    const ids = await this.partitionIds();
    if (this.#groups.has(name)) return false;
    const empty = { generation: 0, members: new Map(), leases: new Map(), parked: new Map() };
    const cursors = ids.map((id) => ({ partition: id, ...this.#positionAt(id, fromSequence), attempts: 0 }));
    this.#groups.set(name, { name, createdAt, ...empty, cursors: byPartition(cursors) });
    return true;
  };

  heartbeat: Groups['heartbeat'] = async (beat) => {
    const group = this.#group(beat.group);
    const change = decideHeartbeat(this.#stateOf(group), beat, this.#store().endOf);
    group.generation = change.generation;
    for (const member of change.stored) group.members.set(member.name, member);
    for (const member of change.dead) group.members.delete(member);
    for (const partition of change.released) group.leases.delete(partition);
    for (const lease of change.claimed) group.leases.set(lease.partition, lease);
    for (const partition of change.suspects) this.#cursor(group, partition).attempts = 1;
    const due = new Set([...group.parked.values()].filter((event) => event.redeliveryDue).map((it) => it.partition));
    const held = change.membership.leases.map(({ partition }) => partition);
    return { ...change.membership, due: held.filter((partition) => due.has(partition)) };
  };

  leave: Groups['leave'] = async (name, member, token) => {
    const group = this.#groups.get(name);
    if (group?.members.get(member)?.token !== token) return;
    group.members.delete(member);
    for (const lease of group.leases.values()) if (lease.member === member) group.leases.delete(lease.partition);
    group.generation++;
  };

  generation: Groups['generation'] = async (name) => this.#groups.get(name)?.generation ?? null;
  acknowledge: Groups['acknowledge'] = async (all) => all.map((each) => this.#acknowledge(each));

  countFailure: Groups['countFailure'] = async (heldLease) => {
    const cursor = this.#held(heldLease);
    return cursor === null ? null : ++cursor.attempts;
  };

  undoFailure: Groups['undoFailure'] = async (heldLease) => {
    const cursor = this.#held(heldLease);
    if (cursor !== null) cursor.attempts = Math.max(0, cursor.attempts - 1);
  };

  park: Groups['park'] = async (heldLease, { now, ...event }) => {
    if (!this.#acknowledge({ ...heldLease, nextOffset: event.offset + 1, nextSequence: event.sequence + 1 }))
      return false;
    const { parked } = this.#group(heldLease.group);
    const { attempts, ...before } = parked.get(event.sequence) ?? { attempts: 0, parkedAt: now, redeliveryDue: false };
    parked.set(event.sequence, { ...before, ...event, attempts: attempts + event.attempts });
    return true;
  };

  parked: Groups['parked'] = async (name, span) => this.#span(name, span).map((event) => ({ ...event }));
  checkParked: Groups['checkParked'] = async (name, sequences) => void this.#parkedOf(name, sequences);

  redeliver: Groups['redeliver'] = async (name, sequences) => {
    const chosen = this.#parkedOf(name, sequences);
    for (const event of chosen) event.redeliveryDue = true;
    if (chosen.length > 0) this.#group(name).generation++;
    return chosen.length;
  };

  drop: Groups['drop'] = async (name, sequences) => {
    const chosen = this.#parkedOf(name, sequences);
    for (const { sequence } of chosen) this.#group(name).parked.delete(sequence);
    return chosen.length;
  };

  redeliverSpan: Groups['redeliverSpan'] = async (name, span) => this.#step(name, span, this.redeliver);
  dropSpan: Groups['dropSpan'] = async (name, span) => this.#step(name, span, this.drop);

  beginRedelivery: Groups['beginRedelivery'] = async (heldLease) => {
    if (this.#held(heldLease) === null) return 'lost';
    const everything = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER };
    const next = this.#span(heldLease.group, everything).find(
      ({ redeliveryDue, partition }) => redeliveryDue && partition === heldLease.partition,
    );
    if (next === undefined) return 'none';
    return { ...Object.assign(next, { attempts: next.attempts + 1, redeliveryDue: false }) };
  };

  undoRedelivery: Groups['undoRedelivery'] = async (name, sequence) => {
    const group = this.#group(name);
    const event = group.parked.get(sequence);
    if (event !== undefined) Object.assign(event, { attempts: event.attempts - 1, redeliveryDue: true });
    group.generation++;
  };

  settle: Groups['settle'] = async (heldLease, sequence, failure) => {
    if (this.#held(heldLease) === null) return 'lost';
    const { parked } = this.#group(heldLease.group);
    const event = parked.get(sequence);
    if (event !== undefined && failure !== null) Object.assign(event, failure);
    else parked.delete(sequence);
    return event !== undefined && failure !== null ? 'parked' : 'forgotten';
  };

  positions: Groups['positions'] = async (name) => this.#stateOf(this.#group(name)).cursors.slice();

  planMove: Groups['planMove'] = async (move) => {
    const { cursors, members } = this.#stateOf(this.#group(move.group));
    return planCursorMove(move, cursors, members, (partition, sequence) => this.#positionAt(partition, sequence));
  };

  move: Groups['move'] = async (move) => {
    const plan = await this.planMove(move);
    if (plan.liveMembers.length > 0 && !move.force) throw groupInUse(move.group, plan.liveMembers);
    const group = this.#group(move.group);
    group.generation++;
    for (const { partition, to } of plan.steps) {
      group.leases.delete(partition);
      Object.assign(this.#cursor(group, partition), to, { attempts: 0 });
    }
    return plan;
  };

  summaries: Groups['summaries'] = async (now) => {
    const store = this.#store();
    const { endOf } = store;
    const timeOfNext = ({ partition, nextOffset }: Cursor) => store.events([partition])[nextOffset]?.time ?? null;
    const groups = [...this.#groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    return groups.map(({ parked, ...group }) =>
      summarizeGroup(
        { ...group, state: this.#stateOf({ parked, ...group }), parked: parked.size, endOf, timeOfNext },
        now,
      ),
    );
  };

  ends: Groups['ends'] = async (partitions) => partitions.map(this.#store().endOf);
  partitionIds: Groups['partitionIds'] = async () => this.#store().identity.partitions.map(({ id }) => id);

  read: Groups['read'] = async ({ partition, fromSequence, ...wanted }) => {
    const commits: StoredCommit[] = [];
    let { events, bytes } = wanted;
    for (const commit of this.#store().within({ from: fromSequence, through: Number.MAX_SAFE_INTEGER }, [partition])) {
      const [frame] = commit.frames;
      if (frame === undefined) continue;
      commits.push(commit);
      if (commit.firstSequence < fromSequence) continue;
      [events, bytes] = [events - frame.count, bytes - frame.body.length];
      if (events <= 0 || bytes <= 0) break;
    }
    return commits;
  };

  #group(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined) throw unknownGroup(name);
    return group;
  }

  #stateOf(group: Group): GroupState {
    const cursors = this.#store().identity.partitions.map(({ id }) => ({ ...this.#cursor(group, id) }));
    return {
      generation: group.generation,
      members: [...group.members.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
      leases: [...group.leases.values()],
      cursors,
    };
  }

  #cursor({ cursors }: Group, partition: PartitionId): Mutable<Cursor> {
    const cursor = cursors.get(partition) ?? cursorAtStart(partition);
    cursors.set(partition, cursor);
    return cursor;
  }

  #positionAt(partition: PartitionId, sequence: number) {
    const before = this.#store()
      .events([partition])
      .filter((event) => event.sequence < sequence);
    return { nextOffset: before.length, nextSequence: sequence };
  }

  /** The cursor, if the lease is still the one of this token. */
  #held({ group: name, partition, token }: HeldLease): Mutable<Cursor> | null {
    const group = this.#groups.get(name);
    return group?.leases.get(partition)?.token === token ? this.#cursor(group as Group, partition) : null;
  }

  #acknowledge({ nextOffset, nextSequence, ...heldLease }: Acknowledgement): boolean {
    const cursor = this.#held(heldLease);
    if (cursor === null || cursor.nextOffset > nextOffset) return false;
    Object.assign(cursor, { nextOffset, nextSequence, attempts: 0 });
    return true;
  }

  #span(name: string, { after, through, limit }: ParkedSpan): Mutable<ParkedEvent>[] {
    return [...this.#group(name).parked.values()]
      .filter(({ sequence }) => sequence > after && sequence <= through)
      .sort((one, other) => one.sequence - other.sequence)
      .slice(0, limit);
  }

  async #step(name: string, span: ParkedSpan, apply: Groups['drop']) {
    const sequences = this.#span(name, span).map(({ sequence }) => sequence);
    return { count: await apply(name, sequences), last: sequences.at(-1) ?? null };
  }

  #parkedOf(name: string, sequences: readonly number[]): Mutable<ParkedEvent>[] {
    const { parked } = this.#group(name);
    return [...new Set(sequences)].map((sequence) => {
      const event = parked.get(sequence);
      if (event === undefined) throw notParked(name, sequence);
      return event;
    });
  }
}

const byPartition = (cursors: readonly Cursor[]) => new Map(cursors.map((cursor) => [cursor.partition, cursor]));
