/** The one error class of the engine and its closed table of codes. The core knows no exit codes: `cli/exit-codes.ts` maps each code. */

export type LedgerErrorCode =
  /** An option or argument of a call is wrong; the caller must change it. */
  | 'INVALID_ARGUMENT'
  /** A time that cannot be read: no such date, no zone, no such form. */
  | 'INVALID_TIME'
  /** A range whose end lies before its start. */
  | 'INVALID_RANGE'
  /** A partition name the ledger does not have. */
  | 'UNKNOWN_PARTITION'
  /** The chain, a frame or a column is not what was committed. */
  | 'VERIFICATION_FAILED'
  /** The ledger does not extend the head kept as an anchor. */
  | 'HEAD_MISMATCH'
  /** What was told has another digest than the one expected. */
  | 'DIGEST_MISMATCH'
  /** A command that events were given to did not take them. */
  | 'COMMAND_FAILED'
  /** The ledger exists and has another configuration than the one asked for. */
  | 'CONFIG_MISMATCH'
  /** A unique id was committed before with other bytes. */
  | 'ID_CONFLICT'
  /** A producer's stored position does not fit this input. */
  | 'PRODUCER_CONFLICT'
  /** A consumer group the ledger does not have. */
  | 'UNKNOWN_GROUP'
  /** A sequence that is not parked for this group. */
  | 'NOT_PARKED'
  /** Another process has joined a group under this member's name. */
  | 'MEMBER_REPLACED'
  /** Members of the group are alive, so its cursors are not moved under them. */
  | 'GROUP_IN_USE'
  /** A cursor kept in a file belongs to another ledger, range or filter. */
  | 'CURSOR_CONFLICT'
  /** What events are delivered to cannot be used at all, so no event is to blame. */
  | 'CONSUMER_UNUSABLE'
  /** A line of input is not an event this ledger takes. */
  | 'BAD_LINE'
  /** An input that is not there, or cannot be read. */
  | 'NO_INPUT'
  | 'INPUT_UNREADABLE'
  /** There is no file at the path, and none was to be made. */
  | 'NO_LEDGER'
  /** A ledger was to be made where there is a file. */
  | 'LEDGER_EXISTS'
  | 'CANNOT_CREATE'
  /** A native module (SQLite, BLAKE3) does not fit this Node or this system, or is not installed. */
  | 'CANNOT_LOAD'
  /** This machine's clock shows a time that cannot be right, so nothing is committed by it. */
  | 'CLOCK_UNUSABLE'
  | 'IO_FAILED'
  /** An I/O error at the end of a commit: it may be there after the next recovery, or not. */
  | 'OUTCOME_UNKNOWN'
  /** Nothing of the commit is stored. */
  | 'DISK_FULL'
  /** The file at the path is no longer the one that was opened. */
  | 'LEDGER_REPLACED'
  /** Another process held the ledger for longer than one would wait. */
  | 'BUSY'
  /** The caller's signal ended a wait; nothing was done. */
  | 'ABORTED'
  | 'NOT_A_LEDGER'
  /** SQLite cannot read the file any more. */
  | 'DAMAGED_LEDGER'
  /** It was made by a later version. */
  | 'NEWER_FORMAT'
  /** The file has a second name, under which another process would not see its log. */
  | 'HARD_LINKED'
  /** The file, its directory, or the access it was opened with does not allow it. */
  | 'PERMISSION_DENIED'
  /** The engine was closed, or failed before and refuses to go on. */
  | 'CLOSED'
  /** An invariant the engine checks on itself does not hold: a bug of ours. */
  | 'INTERNAL';

/** What an error says past its code. */
export interface LedgerErrorOptions {
  /** The fact, with its values, on one line. */
  readonly message: string;
  /** One thing to type or to do. */
  readonly hint?: string | undefined;
  /** The values of the message, for programs. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** Every failure the engine reports. `code` is part of the API; `message` is for people and may change. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: LedgerErrorCode, options: LedgerErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** An option or argument is wrong: the fact with its values, and what to write instead. */
export function invalidArgument(message: string, hint: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message, hint });
}

/** Asserts an invariant of the engine itself. Stays on in production: a ledger must not be written by code that is wrong about it. */
export function invariant(holds: boolean, fact: string): asserts holds {
  if (!holds) {
    throw new LedgerError('INTERNAL', {
      message: `the engine contradicts itself: ${fact}`,
      hint: 'please report this; the ledger was left as it was',
    });
  }
}
