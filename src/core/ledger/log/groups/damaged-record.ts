/** The error of a record that cannot be read. Its key and value may hold anything, so the key is quoted and the value is not repeated. */

import { LedgerError } from '../../../model/ledger-error.ts';
import { quoted } from '../../../model/text/quoting.ts';

const KEY_LENGTH_MAX = 240;

export function damagedRecord(key: string, fact: string, cause?: unknown): LedgerError {
  const shown = quoted(key.slice(0, KEY_LENGTH_MAX));
  return new LedgerError('DAMAGED_LEDGER', {
    message: `the record ${shown} of a consumer group is damaged: ${fact}`,
    hint: 'stop the members of the group, restore the record or delete all records of the group, and create the group again',
    details: { key: key.slice(0, KEY_LENGTH_MAX) },
    cause,
  });
}
