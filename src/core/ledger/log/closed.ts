/** The error of a ledger that was closed. */

import { LedgerError } from '../../model/ledger-error.ts';

export function closedLedger(): LedgerError {
  return new LedgerError('CLOSED', { message: 'the ledger is closed', hint: 'open it again' });
}
