/** A field of a payload, named by a dotted path: `properties.net`. No I/O. */

import { LedgerError } from './ledger-error.ts';

/** The keys from the payload's root down to the field, outermost first; at least one. */
export type FieldPath = readonly string[];

/** Reads a dotted path. @throws LedgerError INVALID_ARGUMENT when a segment is empty. */
export function parseFieldPath(text: string): FieldPath {
  const segments = text.split('.');
  if (segments.includes('')) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `'${text}' is not a field path: a name is missing`,
      hint: 'write the keys from the root, joined by dots: properties.net',
      details: { path: text },
    });
  }
  return segments;
}

export function formatFieldPath(path: FieldPath): string {
  return path.join('.');
}
