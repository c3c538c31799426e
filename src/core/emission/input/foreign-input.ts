/** The error of an input that is read by another command first. */

import type { ForeignFormat } from '../../model/content-kind.ts';
import { LedgerError } from '../../model/ledger-error.ts';

/** The error of an input in a format that another command converts. */
export function foreignInput(source: string, { name, hint }: ForeignFormat): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', {
    message: `${source} is ${name}, and not JSON lines in UTF-8`,
    hint: hint({ source, codec: null }),
    details: { source, format: name },
  });
}
