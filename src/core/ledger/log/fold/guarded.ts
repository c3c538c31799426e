/** Which ledgers are guarded: what their commits depend on is not in the state, so each must come right after the message that its writer has seen last. Pure. */

import type { LedgerState } from '../../protocol/ledger-state.ts';

/** Unique ids, or pins of sessions. `config`: the ledger's settings, as JSON that was checked. */
export function isGuarded({ epoch }: Pick<LedgerState, 'epoch'>, config: string): boolean {
  return epoch.spec.rule === 'sticky' || hasUniqueIds(config);
}

function hasUniqueIds(config: string): boolean {
  const { unique } = JSON.parse(config) as { unique?: unknown };
  return unique !== null && unique !== undefined;
}
