/** Documents of consumer groups: lag, members, and the position in each partition. */

import { formatTime, type GroupDescription, type GroupLane, type Micros } from '../index.ts';
import { ageMs, timeOrNull } from './times.ts';

export interface MemberDocument {
  readonly name: string;
  readonly isAlive: boolean;
  /** When its leases expire unless it renews them. */
  readonly expiresAt: string;
  /** Time until then; negative if it has passed. */
  readonly expiresInMs: number;
}

/** Why the next event of a partition is not acknowledged: its last failed delivery. */
export interface FailureDocument {
  /** Of the event; null if a member has died and may never have got it. */
  readonly sequence: number | null;
  /** Failed deliveries up to this one; 0: the consumer could not be run. */
  readonly attempts: number;
  readonly failedAt: string;
  /** The member that failed. */
  readonly member: string;
  /** One line. */
  readonly reason: string;
}

/** A group's position in one partition. */
export interface LaneDocument {
  readonly partition: string;
  readonly nextOffset: number;
  readonly nextSequence: number;
  /** Events that are not acknowledged. */
  readonly lag: number;
  /** Ledger time of the first of them; null if there is none. */
  readonly oldestTime: string | null;
  /** Failed deliveries of it. */
  readonly attempts: number;
  /** The last of them; null if there was none. */
  readonly failure: FailureDocument | null;
  /** Holder of the lease and its fencing token; null if there is none. */
  readonly member: string | null;
  readonly token: number | null;
}

export interface GroupDocument {
  readonly name: string;
  readonly createdAt: string;
  /** Over all partitions. */
  readonly lag: number;
  readonly oldestTime: string | null;
  /** Age of that event. */
  readonly oldestAgeMs: number | null;
  /** Number of parked events. */
  readonly parked: number;
  readonly members: readonly MemberDocument[];
  readonly partitions: readonly LaneDocument[];
}

export interface GroupsDocument {
  readonly groups: readonly GroupDocument[];
}

export function groupDocument(group: GroupDescription, now: Micros): GroupDocument {
  return {
    name: group.name,
    createdAt: formatTime(group.createdAt),
    lag: group.lag,
    oldestTime: timeOrNull(group.oldestTime),
    oldestAgeMs: ageMs(group.oldestTime, now),
    parked: group.parked,
    members: group.members.map(({ name, isAlive, expiresAt }) => ({
      name,
      isAlive,
      expiresAt: formatTime(expiresAt),
      expiresInMs: Math.round((expiresAt - now) / 1000),
    })),
    partitions: group.lanes.map((lane) => ({
      ...lane,
      oldestTime: timeOrNull(lane.oldestTime),
      failure: failureDocument(lane),
    })),
  };
}

export function failureDocument({ failure }: Pick<GroupLane, 'failure'>): FailureDocument | null {
  if (failure === null) return null;
  const { sequence, attempts, failedAt, member, reason } = failure;
  return { sequence, attempts, failedAt: formatTime(failedAt), member, reason };
}

export function groupsDocument(groups: readonly GroupDescription[], now: Micros): GroupsDocument {
  return { groups: groups.map((group) => groupDocument(group, now)) };
}
