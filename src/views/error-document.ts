/** The document of a failure, which `--json` prints in place of a result. */

import { LedgerError } from '../index.ts';

export interface ErrorDocument {
  readonly error: {
    /** A code of the library, or USAGE for a command line that cannot be read. */
    readonly code: string;
    /** The fact, with its values, on one line. */
    readonly message: string;
    /** One thing to do. */
    readonly hint?: string;
    /** Values by name; they depend on the code. */
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** `other`: code and hint of an error that is not of the library. */
export function errorDocument(
  error: unknown,
  other: { readonly code: 'USAGE' | 'INTERNAL'; readonly hint?: string },
): ErrorDocument {
  if (!(error instanceof LedgerError)) return { error: { message: (error as Error).message, ...other } };
  const { code, message, hint, details } = error;
  return { error: { code, message, ...(hint === undefined ? {} : { hint }), details } };
}
