/** Decides whether a group may be deleted. Pure. */

import type { Micros } from '../../model/time/time.ts';
import { membersHaveNotLeft, unknownGroup } from './group-errors.ts';
import type { GroupState } from './group-state.ts';

export interface GroupDeletion {
  readonly group: string;
  readonly now: Micros;
  /** Delete it although members have not left. */
  readonly force: boolean;
}

/**
 * An expired member counts, too: its process may only be paused. A group that is made again under the name begins with the
 * tokens of the old one, so such a member could acknowledge what the new one has not delivered.
 * @throws LedgerError UNKNOWN_GROUP, GROUP_IN_USE
 */
export function checkDeletion(state: GroupState | null, { group, now, force }: GroupDeletion): void {
  if (state === null) throw unknownGroup(group);
  if (state.members.length === 0 || force) return;
  throw membersHaveNotLeft(
    group,
    state.members.map(({ name, expiresAt }) => `${name}${expiresAt > now ? '' : ' (expired)'}`),
  );
}
