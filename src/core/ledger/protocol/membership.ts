/** Decides what a heartbeat changes: members join, renew and expire, leases are claimed and released. Pure: storage reads the state and writes the change. */

import type { Heartbeat, LanePosition, Lease, Membership } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import { fairShares } from './fair-shares.ts';
import { memberReplaced } from './group-errors.ts';

export interface Member {
  readonly name: string;
  /** Fencing token: the generation in which it joined. */
  readonly token: number;
  /** The only partitions it wants; null: all there are. */
  readonly partitions: readonly PartitionId[] | null;
  readonly ttl: Micros;
  readonly expiresAt: Micros;
}

export interface GroupLease {
  readonly partition: PartitionId;
  readonly member: string;
  readonly token: number;
}

export interface Cursor extends LanePosition {
  readonly partition: PartitionId;
  /** Failed deliveries of the next event. */
  readonly attempts: number;
}

/** The cursor of a partition that an epoch has added and no member has seen yet: it is read from its start. */
export function cursorAtStart(partition: PartitionId): Cursor {
  return { partition, nextOffset: 0, nextSequence: 1, attempts: 0 };
}

/** A group as storage holds it. */
export interface GroupState {
  readonly generation: number;
  readonly members: readonly Member[];
  readonly leases: readonly GroupLease[];
  /** Of every partition of the ledger, by id; see {@link cursorAtStart} for those without a stored one. */
  readonly cursors: readonly Cursor[];
}

/** What a heartbeat changes. Released leases are deleted before the new ones are inserted. */
export interface MembershipChange {
  /** The same as before where nothing about members or leases changes. */
  readonly generation: number;
  /** Members to be stored: the one that beats, and those whose leases the present clock cuts short. */
  readonly stored: readonly Member[];
  /** Names of members to be deleted. */
  readonly dead: readonly string[];
  readonly released: readonly PartitionId[];
  readonly claimed: readonly GroupLease[];
  /** Partitions whose next event is suspected of crashing its consumer: its first failure is counted. */
  readonly suspects: readonly PartitionId[];
  /** The answer to the member; storage adds `due`. */
  readonly membership: Omit<Membership, 'due'>;
}

/**
 * Joins or renews the member, removes the members whose time has run out, and moves leases towards fair shares. A member that joins under a name in use takes
 * its place; one that was removed while it was paused joins as new, without its leases. Tokens are taken from the generation, so they grow.
 * `endOf`: the offset that the next event of a partition gets.
 * @throws LedgerError MEMBER_REPLACED
 */
export function decideHeartbeat(
  state: GroupState,
  beat: Heartbeat,
  endOf: (partition: PartitionId) => number,
): MembershipChange {
  const { member: name, now } = beat;
  const known = state.members.find((member) => member.name === name);
  const renewed = known === undefined || beat.token === null ? null : known;
  if (renewed !== null && renewed.token !== beat.token) throw memberReplaced(beat.group, name);

  let { generation } = state;
  const { ttl } = beat;
  const expiresAt = now + ttl;
  const self: Member =
    renewed === null
      ? { name, token: ++generation, partitions: beat.partitions, ttl, expiresAt }
      : { ...renewed, ttl, expiresAt };
  const others = state.members.filter((member) => member !== known).map((member) => capped(member, now));
  const alive = [self, ...others.filter((member) => member.expiresAt > now)];
  const dead = others.filter((member) => member.expiresAt <= now).map((member) => member.name);
  if (dead.length > 0) generation++;

  const isOver = ({ member }: GroupLease): boolean => dead.includes(member) || (member === name && renewed === null);
  const lost = state.leases.filter(isOver);
  const kept = state.leases.filter((lease) => !isOver(lease));
  const suspects = suspectsOf(lost, dead, state.cursors, endOf);

  const { released, claimed, surplus } = rebalance(beat, kept, alive, state.cursors);
  if (released.length + claimed.length > 0) generation++;
  const mine = [
    ...kept.filter(({ member, partition }) => member === name && !released.includes(partition)),
    ...claimed.map((partition): GroupLease => ({ partition, member: name, token: generation })),
  ];
  return {
    generation,
    stored: [self, ...others.filter((member) => !state.members.includes(member) && !dead.includes(member.name))],
    dead,
    released: [...lost.map(({ partition }) => partition), ...released],
    claimed: mine.filter(({ partition }) => claimed.includes(partition)),
    suspects,
    membership: {
      token: self.token,
      generation,
      expiresAt,
      leases: withCursors(mine, state.cursors, suspects),
      surplus,
    },
  };
}

/** Where the clock was set back, no member lives longer because of it. */
function capped(member: Member, now: Micros): Member {
  return member.expiresAt > now + member.ttl ? { ...member, expiresAt: now + member.ttl } : member;
}

/**
 * If a member's lease expires while events are pending, its next event is suspected of crashing consumers: that counts as the first failure. Deliveries of
 * suspects are counted before they begin, so later deaths need not be counted, and a lane is not blamed for an event that another lane was delivering.
 */
function suspectsOf(
  lost: readonly GroupLease[],
  dead: readonly string[],
  cursors: readonly Cursor[],
  endOf: (partition: PartitionId) => number,
): PartitionId[] {
  const orphans = new Set(lost.filter(({ member }) => dead.includes(member)).map(({ partition }) => partition));
  return cursors
    .filter(
      ({ partition, nextOffset, attempts }) =>
        orphans.has(partition) && attempts === 0 && endOf(partition) > nextOffset,
    )
    .map(({ partition }) => partition);
}

/** Releases idle partitions that are due to others, claims free ones that are due to this member. `surplus`: those it still holds for others. */
function rebalance(
  { member, idle }: Heartbeat,
  leases: readonly GroupLease[],
  members: readonly Member[],
  cursors: readonly Cursor[],
): { released: PartitionId[]; claimed: PartitionId[]; surplus: PartitionId[] } {
  const partitions = cursors.map(({ partition }) => partition);
  const claimants = members.map(({ name, partitions: wanted }) => ({ name, partitions: wanted && new Set(wanted) }));
  const held = new Map(leases.map((lease) => [lease.partition, lease.member]));
  const shares = fairShares(partitions, claimants, held);
  const surplus = partitions.filter((partition) => held.get(partition) === member && shares.get(partition) !== member);
  return {
    released: surplus.filter((partition) => idle.includes(partition)),
    claimed: partitions.filter((partition) => !held.has(partition) && shares.get(partition) === member),
    surplus: surplus.filter((partition) => !idle.includes(partition)),
  };
}

function withCursors(
  leases: readonly GroupLease[],
  cursors: readonly Cursor[],
  suspects: readonly PartitionId[],
): Lease[] {
  const tokens = new Map(leases.map(({ partition, token }) => [partition, token]));
  return cursors.flatMap((cursor) => {
    const token = tokens.get(cursor.partition);
    if (token === undefined) return [];
    return [{ ...cursor, attempts: suspects.includes(cursor.partition) ? 1 : cursor.attempts, token }];
  });
}
