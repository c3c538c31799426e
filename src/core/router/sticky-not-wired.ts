/** The one refusal of sticky routing, as long as no commit stores its pins. Goes when one does. */

import { invalidArgument, type LedgerError } from '../model/ledger-error.ts';

export function stickyIsNotWired(): LedgerError {
  return invalidArgument(
    'sticky routing is not at work yet in this version',
    'use hash:FIELD, which keeps a session together as long as no partition is added',
  );
}
