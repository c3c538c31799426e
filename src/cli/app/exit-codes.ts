/** Maps each error to its exit code. The codes are part of the interface, because scripts branch on them. */

import type { LedgerErrorCode } from '../../index.ts';

export const EXIT_BUG = 1;
export const EXIT_USAGE = 2;
/** Two ledgers differ. */
export const EXIT_DIFFERENT = 3;
/** The run finished, but some events were parked instead of delivered. */
export const EXIT_PARKED = 5;
/** A check of `inspect --check` failed. */
export const EXIT_CHECK_FAILED = 8;
export const EXIT_BAD_INPUT = 65;

export const EXIT_CODES: Readonly<Record<LedgerErrorCode, number>> = {
  INTERNAL: EXIT_BUG,
  CLOSED: EXIT_BUG,
  INVALID_ARGUMENT: EXIT_USAGE,
  INVALID_TIME: EXIT_USAGE,
  INVALID_RANGE: EXIT_USAGE,
  UNKNOWN_PARTITION: EXIT_USAGE,
  UNKNOWN_GROUP: EXIT_USAGE,
  NOT_PARKED: EXIT_USAGE,
  VERIFICATION_FAILED: 3,
  HEAD_MISMATCH: 3,
  CHECKPOINT_REFUSED: 3,
  CHECKPOINT_FORKED: 3,
  DAMAGED_LEDGER: 3,
  DIGEST_MISMATCH: 3,
  CONFIG_MISMATCH: 4,
  HEAD_CONFLICT: 4,
  ID_CONFLICT: 4,
  PRODUCER_CONFLICT: 4,
  CURSOR_CONFLICT: 4,
  MEMBER_REPLACED: 4,
  GROUP_IN_USE: 4,
  GROUP_BEHIND: 4,
  BAD_LINE: EXIT_BAD_INPUT,
  INPUT_UNREADABLE: EXIT_BAD_INPUT,
  NO_INPUT: 66,
  NO_LEDGER: 66,
  ARCHIVE_MISSING: 66,
  HISTORY_DROPPED: 66,
  PROOF_TOO_LONG: 69,
  COMMAND_FAILED: 69,
  CONSUMER_UNUSABLE: 69,
  CANNOT_LOAD: 69,
  CLOCK_UNUSABLE: 69,
  UNSUPPORTED: 69,
  LEDGER_EXISTS: 73,
  CANNOT_CREATE: 73,
  IO_FAILED: 74,
  OUTCOME_UNKNOWN: 74,
  DISK_FULL: 74,
  LEDGER_REPLACED: 74,
  BUSY: 75,
  UNREACHABLE: 75,
  ABORTED: 130,
  NOT_A_LEDGER: 76,
  NEWER_FORMAT: 76,
  HARD_LINKED: 76,
  PERMISSION_DENIED: 77,
  UNSUPPORTED_SERVER: 78,
};

/** 128 plus the number of the signal, as in shells. */
export const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
