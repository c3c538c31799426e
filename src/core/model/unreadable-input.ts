/** The error of an input that the system does not let this process read. Pure. */

import { systemErrorCode } from './disk-error.ts';
import { LedgerError } from './ledger-error.ts';

/** `hint`: what to do if it is no lack of permission. */
export function unreadableInput(name: string, error: unknown, hint: string): LedgerError {
  const code = systemErrorCode(error);
  const isForbidden = code === 'EACCES' || code === 'EPERM';
  return new LedgerError(isForbidden ? 'PERMISSION_DENIED' : 'INPUT_UNREADABLE', {
    message: `${name} cannot be read: ${code ?? (error instanceof Error ? error.message : 'unknown error')}`,
    hint: isForbidden ? 'check the owner and the mode of the file and of its directory' : hint,
    cause: error,
  });
}
