/** Which ledgers are guarded: what their commits depend on is not in the state, so each must come right after the message that its writer has seen last. Pure. */

import { invalidArgument } from '../../../model/ledger-error.ts';
import type { RoutingSpec } from '../../../model/routing/routing.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import type { Genesis } from './log-state.ts';

/** Unique ids, or pins of sessions. */
export function isGuarded(
  { epoch }: Pick<LedgerState, 'epoch'>,
  { hasUniqueIds }: Pick<Genesis, 'hasUniqueIds'>,
): boolean {
  return hasUniqueIds || epoch.spec.rule === 'sticky';
}

/** For a store without guarded ledgers. @throws LedgerError INVALID_ARGUMENT for unique ids, and for sticky routing */
export function checkUnguarded({ rule }: RoutingSpec, hasUniqueIds: boolean, location: string): void {
  if (rule !== 'sticky' && !hasUniqueIds) return;
  const what = hasUniqueIds ? 'unique ids' : 'sticky sessions';
  throw invalidArgument(
    `${location}: this storage does not keep ${what} yet: each commit would wait for those of all other writers`,
    hasUniqueIds
      ? 'leave out the unique id, or keep the ledger in a file'
      : 'route by hash, or keep the ledger in a file',
  );
}
