/** Why a call about a consumer group is refused: the same messages whichever storage holds the group. */

import { LedgerError } from '../../model/ledger-error.ts';
import { shellFlag } from '../../model/text/shell-word.ts';

export function unknownGroup(group: string): LedgerError {
  return new LedgerError('UNKNOWN_GROUP', {
    message: `the ledger has no group '${group.slice(0, 80)}'`,
    hint: 'list the groups with: completengine inspect --groups',
    details: { group },
  });
}

export function memberReplaced(group: string, member: string): LedgerError {
  return new LedgerError('MEMBER_REPLACED', {
    message: `another process has joined group ${group} as member ${member}`,
    hint: 'give each process a member name of its own, or none',
    details: { group, member },
  });
}

export function groupInUse(group: string, liveMembers: readonly string[]): LedgerError {
  return new LedgerError('GROUP_IN_USE', {
    message: `group ${group} has ${liveMembers.length === 1 ? 'a live member' : `${liveMembers.length} live members`}: ${liveMembers.slice(0, 4).join(', ')}${liveMembers.length > 4 ? ', ..' : ''}`,
    hint: 'stop them first, or force it with --force: deliveries in progress are then not acknowledged',
    details: { group, members: liveMembers },
  });
}

export function notParked(group: string, sequence: number): LedgerError {
  return new LedgerError('NOT_PARKED', {
    message: `sequence ${sequence} is not parked for group ${group}`,
    hint: `see what is: completengine tail --parked ${shellFlag('group', group)}`,
    details: { group, sequence },
  });
}
