/** Errors of lanes whose position or parked event does not fit the ledger. */

import type { EventPosition } from '../../model/group.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { Lane } from './lane.ts';

/** A parked event that cannot be read. */
export function isGone(group: string, { partition, sequence }: EventPosition): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} has parked sequence ${sequence} of partition ${partition}, but the ledger has no such event`,
    hint: 'verify the ledger: completengine inspect --verify',
    details: { group, partition, sequence },
  });
}

/** A cursor at which another event is stored. */
export function doesNotFit(group: string, { partition, nextOffset }: Lane): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `group ${group} is at offset ${nextOffset} of partition ${partition}, but the ledger has another event there`,
    hint: 'verify the ledger: completengine inspect --verify',
    details: { group, partition, nextOffset },
  });
}
