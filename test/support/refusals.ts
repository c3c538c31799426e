/** Returns the errors of refused calls, for tests of code and message. */

import { expect } from 'vitest';
import { LedgerError, type LedgerErrorCode } from '../../src/index.ts';

/** Returns the ledger error that a call throws; any other outcome fails the test. */
export function refusalOf(call: () => unknown): LedgerError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(LedgerError);
    return error as LedgerError;
  }
  return expect.fail('nothing was refused');
}

/** As {@link refusalOf}, for a promise. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<LedgerError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(LedgerError);
    return error as LedgerError;
  }
  return expect.fail('nothing was refused');
}

export function expectRefusal(code: LedgerErrorCode, call: () => unknown): void {
  expect(refusalOf(call).code).toBe(code);
}
