/** Decides who works for a group: members join, renew, expire and leave, leases are claimed and released. Pure: storage reads the state and writes the change. */

import type { Heartbeat, LastFailure, Lease, Membership } from '../../model/group.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { Micros } from '../../model/time/time.ts';
import { fairShares } from './fair-shares.ts';
import { memberReplaced } from './group-errors.ts';
import {
  type Cursor,
  cursorsOfAll,
  type GroupFacts,
  type GroupLease,
  type GroupState,
  type Member,
} from './group-state.ts';

export interface DecidedHeartbeat {
  /** The group after it. What does not change is the same object as before, also all of it. */
  readonly state: GroupState;
  /** The answer to the member. */
  readonly membership: Membership;
}

/** Of an event that is suspected of crashing its consumer. */
const SUSPECTED = 'the member ended without releasing its lease, maybe because of this event';
/** Of an event whose delivery was counted before it began, and never ended. */
const DIED = 'the member ended without releasing its lease while it had this event';

/**
 * Joins or renews the member, removes the members whose time has run out, and moves leases towards fair shares. A member that joins under a name in use takes
 * its place; one that was removed while it was paused joins as new, without its leases. Tokens are taken from the generation, so they grow.
 * @throws LedgerError MEMBER_REPLACED
 */
export function decideHeartbeat(
  state: GroupState,
  beat: Heartbeat,
  { partitions, endOf, hasDue, timeOf }: GroupFacts,
): DecidedHeartbeat {
  const { member: name } = beat;
  const now = timeOf(beat.now);
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
  const before = cursorsOfAll(state.cursors, partitions);
  const orphans = new Map(lost.map(({ partition, member }) => [partition, member]));
  const cursors = before.map((cursor) => {
    const member = orphans.get(cursor.partition);
    const hasNext = member !== undefined && endOf(cursor.partition) > cursor.nextOffset;
    return hasNext ? afterDeath(cursor, member, now) : cursor;
  });

  const { released, claimed, surplus } = rebalance(beat, kept, alive, partitions);
  if (released.length + claimed.length > 0) generation++;
  const leases = [
    ...kept.filter(({ partition }) => !released.includes(partition)),
    ...claimed.map((partition): GroupLease => ({ partition, member: name, token: generation })),
  ].sort((one, other) => one.partition - other.partition);
  const mine = leases.filter(({ member }) => member === name);
  const left = renewed === null ? 0 : capped(renewed, now).expiresAt - now;
  const isUnchanged = beat.isLook === true && left > 0 && generation === state.generation;
  return {
    state: isUnchanged
      ? state
      : {
          createdAt: state.createdAt,
          generation,
          members: alive.sort((one, other) => (one.name < other.name ? -1 : 1)),
          leases,
          cursors,
        },
    membership: {
      token: self.token,
      generation,
      // by the member's clock: it began to count before the storage did
      expiresAt: beat.now + (isUnchanged ? left : ttl),
      leases: withCursors(mine, cursors),
      surplus,
      due: mine.map(({ partition }) => partition).filter(hasDue),
    },
  };
}

/** The group after the member has left, and its leases are released. Null if it is no member, or has joined again: nothing changes. */
export function decideLeave(state: GroupState, name: string, token: number): GroupState | null {
  const members = state.members.filter((member) => member.name !== name || member.token !== token);
  if (members.length === state.members.length) return null;
  const leases = state.leases.filter(({ member }) => member !== name);
  return { ...state, generation: state.generation + 1, members, leases };
}

/** Where the clock was set back, no member lives longer because of it. */
function capped(member: Member, now: Micros): Member {
  return member.expiresAt > now + member.ttl ? { ...member, expiresAt: now + member.ttl } : member;
}

/**
 * If a member's lease expires while events are pending, or another takes its place, its next event is suspected of crashing consumers: that counts as the first
 * failure. One that a supervisor restarts under its own name at once would otherwise crash on the same event again and again; one that ends in order has released its leases. Deliveries of
 * suspects are counted before they begin, so later deaths need not be counted, and a lane is not blamed for an event that another lane was delivering.
 */
function afterDeath(cursor: Cursor, member: string, now: Micros): Cursor {
  const { attempts, failure } = cursor;
  const last = { sequence: failure?.sequence ?? null, failedAt: now, member };
  if (attempts === 0) return failedBy(cursor, { ...last, attempts: 1, reason: SUSPECTED });
  // a delivery was counted, and its end was not reported
  const hasBegun = attempts > (failure?.attempts ?? 0);
  return hasBegun ? failedBy(cursor, { ...last, attempts, reason: DIED }) : cursor;
}

function failedBy(cursor: Cursor, failure: LastFailure): Cursor {
  return { ...cursor, attempts: failure.attempts, failure };
}

/** Releases idle partitions that are due to others, claims free ones that are due to this member. `surplus`: those it still holds for others. */
function rebalance(
  { member, idle }: Heartbeat,
  leases: readonly GroupLease[],
  members: readonly Member[],
  partitions: readonly PartitionId[],
): { released: PartitionId[]; claimed: PartitionId[]; surplus: PartitionId[] } {
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

function withCursors(leases: readonly GroupLease[], cursors: readonly Cursor[]): Lease[] {
  const tokens = new Map(leases.map(({ partition, token }) => [partition, token]));
  return cursors.flatMap((cursor) => {
    const token = tokens.get(cursor.partition);
    const { partition, nextOffset, nextSequence, attempts } = cursor;
    return token === undefined ? [] : [{ partition, nextOffset, nextSequence, attempts, token }];
  });
}
