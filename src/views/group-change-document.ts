/** Documents of what changes a group: planned, or done. */

import type { GroupDescription, GroupLane, LedgerEvent } from '../index.ts';
import { type FailureDocument, failureDocument } from './group-document.ts';

export interface GroupSkipDocument {
  readonly group: string;
  /** False for a plan that was not applied. */
  readonly isDone: boolean;
  readonly partition: string;
  /** Of the event that is skipped. */
  readonly offset: number;
  readonly sequence: number;
  /** Failed deliveries of it. */
  readonly attempts: number;
  /** The last of them; null if there was none. */
  readonly failure: FailureDocument | null;
  readonly liveMembers: readonly string[];
}

export interface GroupDeletionDocument {
  readonly group: string;
  /** False for a plan that was not applied. */
  readonly isDone: boolean;
  /** What is lost: how far the group was behind, and its parked events. */
  readonly lag: number;
  readonly parked: number;
  readonly members: readonly { readonly name: string; readonly isAlive: boolean }[];
}

export function groupSkipDocument(
  group: string,
  skipped: {
    readonly event: LedgerEvent;
    readonly partition: string;
    readonly lane: Pick<GroupLane, 'attempts' | 'failure'>;
    readonly liveMembers: readonly string[];
  },
  isDone: boolean,
): GroupSkipDocument {
  const { event, partition, lane, liveMembers } = skipped;
  const { offset, sequence } = event;
  const failed = { attempts: lane.attempts, failure: failureDocument(lane) };
  return { group, isDone, partition, offset, sequence, ...failed, liveMembers };
}

export function groupDeletionDocument(
  { name, lag, parked, members }: GroupDescription,
  isDone: boolean,
): GroupDeletionDocument {
  return {
    group: name,
    isDone,
    lag,
    parked,
    members: members.map((each) => ({ name: each.name, isAlive: each.isAlive })),
  };
}
