/** A field of a payload, named by a dotted path: `properties.net`. No I/O. */

import { LedgerError } from '../ledger-error.ts';
import { formatName, readName, splitOutsideQuotes } from './quoting.ts';

/** The keys from the payload's root down to the field, outermost first; at least one. */
export type FieldPath = readonly string[];

/**
 * Parses a dotted path; names with a dot or other special characters are in double quotes.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function parseFieldPath(text: string): FieldPath {
  return splitOutsideQuotes(text, '.').map((part) => {
    const read = readName(part);
    if ('name' in read) return read.name;
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `'${text.slice(0, 80)}' is not a field path: ${read.fault}`,
      hint: 'write the keys from the root, joined by dots: properties.net, or properties."a.b"',
      details: { path: text },
    });
  });
}

/** The text that {@link parseFieldPath} reads back. */
export function formatFieldPath(path: FieldPath): string {
  return path.map(formatName).join('.');
}
