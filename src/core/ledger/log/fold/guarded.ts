/** Which ledgers are guarded: what their commits depend on is not in the state, so each must come right after the message that its writer has seen last. Pure. */

import type { LedgerState } from '../../protocol/ledger-state.ts';
import type { Genesis } from './log-state.ts';

/** Unique ids, or pins of sessions. */
export function isGuarded(
  { epoch }: Pick<LedgerState, 'epoch'>,
  { hasUniqueIds }: Pick<Genesis, 'hasUniqueIds'>,
): boolean {
  return hasUniqueIds || epoch.spec.rule === 'sticky';
}
