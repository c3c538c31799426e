/** Names that clients choose: of groups, members and producers. A host name is one. No I/O. */

import { LedgerError } from './ledger-error.ts';

/** The length of the longest host name. */
export const CLIENT_NAME_MAX = 253;

// capitals: names of hosts and of services have them; names that differ only in case are different names
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export function isClientName(text: string): boolean {
  return text.length <= CLIENT_NAME_MAX && NAME.test(text);
}

/** @throws LedgerError INVALID_ARGUMENT */
export function checkClientName(kind: 'group' | 'member' | 'producer', name: string): string {
  if (isClientName(name)) return name;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `invalid ${kind} name '${name.slice(0, 80)}'`,
    hint: `use 1 to ${CLIENT_NAME_MAX} of A-Z a-z 0-9 . _ - and start with a letter or digit`,
    details: { option: kind, kind, name },
  });
}
