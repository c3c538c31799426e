/** Reads durations of flags, in milliseconds. */

import { readDuration } from '../../index.ts';

/** @throws LedgerError INVALID_TIME */
export function millisOf(flag: string): number {
  return readDuration(flag) / 1000;
}

/** Of `--busy-timeout`; undefined: the default of the storage. @throws LedgerError INVALID_TIME */
export function busyTimeoutOf(flags: { readonly 'busy-timeout'?: string | undefined }): number | undefined {
  const flag = flags['busy-timeout'];
  return flag === undefined ? undefined : millisOf(flag);
}
