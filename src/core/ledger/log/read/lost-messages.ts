/** The error of a log that has lost what it had. */

import { LedgerError } from '../../../model/ledger-error.ts';
import type { OrderedLog } from '../ordered-log.ts';

/** A log that does not have a message any more which it had. */
export function lostMessages({ location }: Pick<OrderedLog, 'location'>, position: number): LedgerError {
  return new LedgerError('LEDGER_REPLACED', {
    message: `${location}: message ${position} was in the log, and is not there any more`,
    hint: 'the log was replaced or cut off: compare it with a copy that was made elsewhere',
    details: { path: location, position },
  });
}
