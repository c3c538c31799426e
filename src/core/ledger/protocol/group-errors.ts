/** Why a call about a consumer group is refused: the same messages whichever storage holds the group. */

import { LedgerError } from '../../model/ledger-error.ts';
import { shellWord } from '../../model/text/shell-word.ts';

export function unknownGroup(group: string): LedgerError {
  return new LedgerError('UNKNOWN_GROUP', {
    message: `the ledger has no group '${group.slice(0, 80)}'`,
    hint: 'list the groups with: completengine group',
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
    hint: 'stop them first, or force it with `force`: deliveries in progress are then not acknowledged',
    details: { group, members: liveMembers },
  });
}

/** `members`: as they are shown. */
export function membersHaveNotLeft(group: string, members: readonly string[]): LedgerError {
  return new LedgerError('GROUP_IN_USE', {
    message: `group ${group} has members that have not left: ${members.slice(0, 4).join(', ')}${members.length > 4 ? ', ..' : ''}`,
    hint: 'stop them first, or force it with `force` if their processes are gone',
    details: { group, members },
  });
}

export function movedMeanwhile(group: string, sequence: number): LedgerError {
  return new LedgerError('CURSOR_CONFLICT', {
    message: `sequence ${sequence} is not the next event of its partition for group ${group}`,
    hint: `see where it is: completengine group show ${shellWord(group)}`,
    details: { group, sequence },
  });
}

export function notParked(group: string, sequence: number): LedgerError {
  return new LedgerError('NOT_PARKED', {
    message: `sequence ${sequence} is not parked for group ${group}`,
    hint: `see what is: completengine group parked ${shellWord(group)}`,
    details: { group, sequence },
  });
}
