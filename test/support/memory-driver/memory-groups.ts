/** Consumer groups of a ledger in memory: what each call changes, it changes at once. */

import type {
  CursorMove,
  GroupPlan,
  Groups,
  LaneRequest,
  ParkedSpan,
  SpanStep,
} from '../../../src/core/ledger/groups.ts';
import { fairShares } from '../../../src/core/ledger/protocol/fair-shares.ts';
import type { StoredCommit } from '../../../src/core/model/events/commit.ts';
import type {
  Acknowledgement,
  GroupSummary,
  Heartbeat,
  HeldLease,
  Membership,
  ParkedEvent,
  ParkReason,
  RedeliveryOutcome,
} from '../../../src/core/model/group.ts';
import { LedgerError } from '../../../src/core/model/ledger-error.ts';
import { checkName, type PartitionId } from '../../../src/core/model/routing/partition.ts';
import type { Micros } from '../../../src/core/model/time/time.ts';
import type { MemoryStore } from './memory-store.ts';

interface Member {
  readonly token: number;
  readonly partitions: readonly PartitionId[] | null;
  ttl: Micros;
  expiresAt: Micros;
}
interface Cursor {
  nextOffset: number;
  nextSequence: number;
  attempts: number;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Group {
  readonly name: string;
  readonly createdAt: Micros;
  generation: number;
  readonly members: Map<string, Member>;
  readonly cursors: Map<PartitionId, Cursor>;
  readonly leases: Map<PartitionId, { readonly member: string; readonly token: number }>;
  readonly parked: Map<number, Mutable<ParkedEvent>>;
}

export class MemoryGroups implements Groups {
  readonly #store: MemoryStore;
  readonly #groups = new Map<string, Group>();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  nextGenerations(): void {
    for (const group of this.#groups.values()) group.generation++;
  }

  async create(name: string, fromSequence: number, now: Micros): Promise<boolean> {
    checkName('group', name);
    if (this.#groups.has(name)) return false;
    const cursors = this.#ids().map((id): [PartitionId, Cursor] => [
      id,
      { ...this.#positionAt(id, fromSequence), attempts: 0 },
    ]);
    const empty = { members: new Map(), leases: new Map(), parked: new Map() };
    this.#groups.set(name, { name, createdAt: now, generation: 0, cursors: new Map(cursors), ...empty });
    return true;
  }

  async heartbeat({ group: name, member, token, partitions, ttl, now, idle }: Heartbeat): Promise<Membership> {
    const group = this.#group(name);
    const known = group.members.get(member);
    if (known !== undefined && token !== null && known.token !== token) {
      throw new LedgerError('MEMBER_REPLACED', {
        message: `member ${member} of group ${name} was replaced`,
        hint: 'use another name',
      });
    }
    if (known !== undefined && token === null) remove(group, member);
    const joined = known !== undefined && token !== null ? token : ++group.generation;
    group.members.set(member, {
      token: joined,
      partitions: known === undefined || token === null ? partitions : known.partitions,
      ttl,
      expiresAt: now + ttl,
    });
    this.#removeDead(group, now);
    for (const id of this.#ids())
      if (!group.cursors.has(id)) group.cursors.set(id, { nextOffset: 0, nextSequence: 1, attempts: 0 });
    const surplus = this.#share(group, member, idle);
    const leases = [...group.leases]
      .filter(([, lease]) => lease.member === member)
      .sort(([one], [other]) => one - other);
    const due = new Set(
      [...group.parked.values()].filter(({ redeliveryDue }) => redeliveryDue).map(({ partition }) => partition),
    );
    return {
      token: joined,
      generation: group.generation,
      expiresAt: now + ttl,
      leases: leases.map(([partition, lease]) => ({
        partition,
        ...(group.cursors.get(partition) as Cursor),
        token: lease.token,
      })),
      surplus,
      due: leases.map(([partition]) => partition).filter((partition) => due.has(partition)),
    };
  }

  async leave(name: string, member: string, token: number): Promise<void> {
    const group = this.#groups.get(name);
    if (group?.members.get(member)?.token !== token) return;
    remove(group, member);
    group.generation++;
  }

  generation = async (name: string) => this.#groups.get(name)?.generation ?? null;
  acknowledge = async (all: readonly Acknowledgement[]) => all.map((each) => this.#moveOn(each));

  async countFailure(heldLease: HeldLease): Promise<number | null> {
    const cursor = this.#held(heldLease);
    return cursor === null ? null : ++cursor.attempts;
  }

  async undoFailure(heldLease: HeldLease): Promise<void> {
    const cursor = this.#held(heldLease);
    if (cursor !== null && cursor.attempts > 0) cursor.attempts--;
  }

  async park(heldLease: HeldLease, { now, ...event }: Parameters<Groups['park']>[1]): Promise<boolean> {
    if (!this.#moveOn({ ...heldLease, nextOffset: event.offset + 1, nextSequence: event.sequence + 1 })) return false;
    const { parked } = this.#group(heldLease.group);
    const before = parked.get(event.sequence);
    const attempts = event.attempts + (before?.attempts ?? 0);
    parked.set(event.sequence, {
      ...event,
      attempts,
      parkedAt: before?.parkedAt ?? now,
      redeliveryDue: before?.redeliveryDue ?? false,
    });
    return true;
  }

  parked = async (name: string, span: ParkedSpan) => this.#span(name, span).map((event) => ({ ...event }));

  async checkParked(name: string, sequences: readonly number[]): Promise<void> {
    this.#parkedOf(this.#group(name), sequences);
  }

  async redeliver(name: string, sequences: readonly number[]): Promise<number> {
    const group = this.#group(name);
    const chosen = this.#parkedOf(group, sequences);
    for (const event of chosen) event.redeliveryDue = true;
    if (chosen.length > 0) group.generation++;
    return chosen.length;
  }

  async drop(name: string, sequences: readonly number[]): Promise<number> {
    const group = this.#group(name);
    for (const { sequence } of this.#parkedOf(group, sequences)) group.parked.delete(sequence);
    return sequences.length;
  }

  async redeliverSpan(name: string, span: ParkedSpan): Promise<SpanStep> {
    const sequences = this.#span(name, span).map(({ sequence }) => sequence);
    return { count: await this.redeliver(name, sequences), last: sequences.at(-1) ?? null };
  }

  async dropSpan(name: string, span: ParkedSpan): Promise<SpanStep> {
    const sequences = this.#span(name, span).map(({ sequence }) => sequence);
    return { count: await this.drop(name, sequences), last: sequences.at(-1) ?? null };
  }

  async beginRedelivery(heldLease: HeldLease): Promise<ParkedEvent | 'none' | 'lost'> {
    if (this.#held(heldLease) === null) return 'lost';
    const due = [...this.#group(heldLease.group).parked.values()].filter(
      ({ redeliveryDue, partition }) => redeliveryDue && partition === heldLease.partition,
    );
    const [next] = due.sort((one, other) => one.sequence - other.sequence);
    if (next === undefined) return 'none';
    next.attempts++;
    next.redeliveryDue = false;
    return { ...next };
  }

  async undoRedelivery(name: string, sequence: number): Promise<void> {
    const group = this.#group(name);
    const event = group.parked.get(sequence);
    if (event !== undefined) Object.assign(event, { attempts: event.attempts - 1, redeliveryDue: true });
    group.generation++;
  }

  async settle(heldLease: HeldLease, sequence: number, failure: ParkReason | null): Promise<RedeliveryOutcome> {
    if (this.#held(heldLease) === null) return 'lost';
    const { parked } = this.#group(heldLease.group);
    const event = parked.get(sequence);
    if (failure === null || event === undefined) {
      parked.delete(sequence);
      return 'forgotten';
    }
    Object.assign(event, failure);
    return 'parked';
  }

  positions = async (name: string) => this.#cursors(this.#group(name));

  async planMove({ group: name, sequence, partitions, now }: CursorMove): Promise<GroupPlan> {
    const group = this.#group(name);
    const chosen = this.#cursors(group).filter(({ partition }) => partitions?.includes(partition) ?? true);
    const steps = chosen.map(({ partition, nextOffset, nextSequence }) => ({
      partition,
      from: { nextOffset, nextSequence },
      to: this.#positionAt(partition, sequence),
    }));
    return {
      steps,
      liveMembers: [...group.members].filter(([, { expiresAt }]) => expiresAt > now).map(([member]) => member),
    };
  }

  async move(move: CursorMove): Promise<GroupPlan> {
    const plan = await this.planMove(move);
    if (plan.liveMembers.length > 0 && !move.force)
      throw new LedgerError('GROUP_IN_USE', { message: 'the group has live members', hint: 'force it' });
    const group = this.#group(move.group);
    group.generation++;
    for (const { partition, to } of plan.steps) {
      group.leases.delete(partition);
      group.cursors.set(partition, { ...to, attempts: 0 });
    }
    return plan;
  }

  async summaries(now: Micros): Promise<GroupSummary[]> {
    return [...this.#groups.values()]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((group) => {
        const lanes = this.#cursors(group).map((cursor) => {
          const rest = this.#store.events([cursor.partition]).slice(cursor.nextOffset);
          const lease = group.leases.get(cursor.partition);
          return {
            ...cursor,
            lag: rest.length,
            oldestTime: rest[0]?.time ?? null,
            member: lease?.member ?? null,
            token: lease?.token ?? null,
          };
        });
        const times = lanes.flatMap(({ oldestTime }) => (oldestTime === null ? [] : [oldestTime]));
        const members = [...group.members]
          .sort()
          .map(([name, { expiresAt }]) => ({ name, expiresAt, isAlive: expiresAt > now }));
        const lag = lanes.reduce((sum, lane) => sum + lane.lag, 0);
        const { name, createdAt, parked } = group;
        return {
          name,
          createdAt,
          members,
          lanes,
          lag,
          oldestTime: times.length === 0 ? null : Math.min(...times),
          parked: parked.size,
        };
      });
  }

  ends = async (partitions: readonly PartitionId[]) =>
    partitions.map((partition) => this.#store.offsets.get(partition) ?? 0);
  partitionIds = async () => this.#ids();

  async read({ partition, fromSequence, events, bytes }: LaneRequest): Promise<StoredCommit[]> {
    const commits: StoredCommit[] = [];
    let [wantedEvents, wantedBytes] = [events, bytes];
    for (const commit of this.#store.within({ from: fromSequence, through: Number.MAX_SAFE_INTEGER }, [partition])) {
      const [frame] = commit.frames;
      if (frame === undefined) continue;
      commits.push(commit);
      if (commit.firstSequence >= fromSequence)
        [wantedEvents, wantedBytes] = [wantedEvents - frame.count, wantedBytes - frame.body.length];
      if (wantedEvents <= 0 || wantedBytes <= 0) break;
    }
    return commits;
  }

  #ids = () => this.#store.identity.partitions.map(({ id }) => id);

  #group(name: string): Group {
    const group = this.#groups.get(name);
    if (group !== undefined) return group;
    throw new LedgerError('UNKNOWN_GROUP', {
      message: `the ledger has no group '${name}'`,
      hint: 'see those there are',
    });
  }

  #cursors(group: Group) {
    return this.#ids().map((partition) => ({
      partition,
      ...(group.cursors.get(partition) ?? { nextOffset: 0, nextSequence: 1, attempts: 0 }),
    }));
  }

  #positionAt(partition: PartitionId, sequence: number) {
    return {
      nextOffset: this.#store.events([partition]).filter((event) => event.sequence < sequence).length,
      nextSequence: sequence,
    };
  }

  /** The cursor, where the lease is still the one of this token. */
  #held({ group: name, partition, token }: HeldLease): Cursor | null {
    const group = this.#groups.get(name);
    return group?.leases.get(partition)?.token === token ? (group.cursors.get(partition) ?? null) : null;
  }

  #moveOn({ nextOffset, nextSequence, ...heldLease }: Acknowledgement): boolean {
    const cursor = this.#held(heldLease);
    if (cursor === null || cursor.nextOffset > nextOffset) return false;
    Object.assign(cursor, { nextOffset, nextSequence, attempts: 0 });
    return true;
  }

  #removeDead(group: Group, now: Micros): void {
    for (const member of group.members.values()) member.expiresAt = Math.min(member.expiresAt, now + member.ttl);
    const dead = [...group.members].filter(([, { expiresAt }]) => expiresAt <= now).map(([name]) => name);
    for (const [partition, { member }] of group.leases) {
      const cursor = group.cursors.get(partition);
      const hasMore = cursor !== undefined && (this.#store.offsets.get(partition) ?? 0) > cursor.nextOffset;
      if (dead.includes(member) && hasMore && cursor.attempts === 0) cursor.attempts = 1;
    }
    for (const member of dead) remove(group, member);
    if (dead.length > 0) group.generation++;
  }

  /** Gives up idle surplus of the member, takes what is free and due to it. Returns the surplus that it still holds. */
  #share(group: Group, member: string, idle: readonly PartitionId[]): PartitionId[] {
    const held = new Map([...group.leases].map(([partition, lease]) => [partition, lease.member]));
    const claimants = [...group.members].map(([name, { partitions }]) => ({
      name,
      partitions: partitions === null ? null : new Set(partitions),
    }));
    const shares = fairShares(this.#ids(), claimants, held);
    const surplus = this.#ids().filter(
      (partition) => held.get(partition) === member && shares.get(partition) !== member,
    );
    const given = surplus.filter((partition) => idle.includes(partition));
    const taken = this.#ids().filter((partition) => !held.has(partition) && shares.get(partition) === member);
    if (given.length + taken.length > 0) group.generation++;
    for (const partition of given) group.leases.delete(partition);
    for (const partition of taken) group.leases.set(partition, { member, token: group.generation });
    return surplus.filter((partition) => !given.includes(partition));
  }

  #span(name: string, { after, through, limit }: ParkedSpan): Mutable<ParkedEvent>[] {
    const parked = [...this.#group(name).parked.values()].filter(
      ({ sequence }) => sequence > after && sequence <= through,
    );
    return parked.sort((one, other) => one.sequence - other.sequence).slice(0, limit);
  }

  #parkedOf(group: Group, sequences: readonly number[]): Mutable<ParkedEvent>[] {
    return [...new Set(sequences)].map((sequence) => {
      const event = group.parked.get(sequence);
      if (event !== undefined) return event;
      throw new LedgerError('NOT_PARKED', {
        message: `sequence ${sequence} is not parked for group ${group.name}`,
        hint: 'see what is',
      });
    });
  }
}

function remove(group: Group, member: string): void {
  group.members.delete(member);
  for (const [partition, lease] of group.leases) if (lease.member === member) group.leases.delete(partition);
}
