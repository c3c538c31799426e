/**
 * The engine's only error class and its closed table of codes. The core knows no exit codes: `cli/exit-codes.ts` maps
 * each code.
 */

export type LedgerErrorCode =
  /** An option or argument of a call is wrong; the caller must change it. */
  | 'INVALID_ARGUMENT'
  /** An unreadable time: no such date, no zone, no such form. */
  | 'INVALID_TIME'
  /** A range whose end precedes its start. */
  | 'INVALID_RANGE'
  /** A partition name that the ledger does not have. */
  | 'UNKNOWN_PARTITION'
  /** The chain, a frame or a column is not what was committed. */
  | 'VERIFICATION_FAILED'
  /** The ledger does not extend the head kept as an anchor. */
  | 'HEAD_MISMATCH'
  /** A checkpoint cannot be read, is of another ledger, is not signed as it must be, or one before it is missing. */
  | 'CHECKPOINT_REFUSED'
  /** Two signed checkpoints are of two histories. */
  | 'CHECKPOINT_FORKED'
  /** A proof of an event would have too many links: no checkpoint is near enough. */
  | 'PROOF_TOO_LONG'
  /** The digest of the delivered events is not the expected one. */
  | 'DIGEST_MISMATCH'
  /** A command failed to accept the events delivered to it. */
  | 'COMMAND_FAILED'
  /** The ledger exists with a configuration other than the requested one. */
  | 'CONFIG_MISMATCH'
  /** The ledger's head is not the one that an emission expects. */
  | 'HEAD_CONFLICT'
  /** A unique id was committed before with other bytes. */
  | 'ID_CONFLICT'
  /** A producer's stored position does not fit this input. */
  | 'PRODUCER_CONFLICT'
  /** A consumer group that the ledger does not have. */
  | 'UNKNOWN_GROUP'
  /** A sequence that is not parked for this group. */
  | 'NOT_PARKED'
  /** Another process has joined a group under this member's name. */
  | 'MEMBER_REPLACED'
  /** A group has not read all that would be archived. */
  | 'GROUP_BEHIND'
  /** Members of the group are active, so its offsets cannot be reset. */
  | 'GROUP_IN_USE'
  /** A cursor file belongs to another ledger, range or filter. */
  | 'CURSOR_CONFLICT'
  /** The consumer cannot be used at all, so no event is to blame. */
  | 'CONSUMER_UNUSABLE'
  /** A line of input is not an event that this ledger accepts. */
  | 'BAD_LINE'
  /** An input that does not exist, or cannot be read. */
  | 'NO_INPUT'
  | 'INPUT_UNREADABLE'
  /** There is no file at the path, and none was to be created. */
  | 'NO_LEDGER'
  /** Archived history whose segment is not in the directory of the archive. */
  | 'ARCHIVE_MISSING'
  /** History that was dropped. */
  | 'HISTORY_DROPPED'
  /** A ledger was to be created where a file exists. */
  | 'LEDGER_EXISTS'
  | 'CANNOT_CREATE'
  /** A native module (SQLite, BLAKE3, zstd) does not fit this Node or this system, or is not installed. */
  | 'CANNOT_LOAD'
  /** This machine's clock cannot be right, so nothing is committed by it. */
  | 'CLOCK_UNUSABLE'
  | 'IO_FAILED'
  /** An I/O error at the end of a commit: it may or may not be there after the next recovery. */
  | 'OUTCOME_UNKNOWN'
  /** The disk is full; nothing of the commit is stored. */
  | 'DISK_FULL'
  /** The file at the path is no longer the one that was opened. */
  | 'LEDGER_REPLACED'
  /** Another process held the ledger for longer than the time limit. */
  | 'BUSY'
  /** No server of the ledger answered within the time limit; nothing was stored. */
  | 'UNREACHABLE'
  /** The caller's signal ended a wait; nothing was done. */
  | 'ABORTED'
  | 'NOT_A_LEDGER'
  /** SQLite can no longer read the file. */
  | 'DAMAGED_LEDGER'
  /** The ledger was created by a later version. */
  | 'NEWER_FORMAT'
  /** The file has a second hard link, under which another process would not see its log. */
  | 'HARD_LINKED'
  /** The file, its directory, or the requested access does not allow it. */
  | 'PERMISSION_DENIED'
  /** The server that should store the ledger cannot: its version, or how it is set up. */
  | 'UNSUPPORTED_SERVER'
  /** The storage of this ledger cannot do this. */
  | 'UNSUPPORTED'
  /** The engine was closed, or has failed and refuses further calls. */
  | 'CLOSED'
  /** An internal invariant is violated: a bug in the engine. */
  | 'INTERNAL';

/** The data of an error besides its code. */
export interface LedgerErrorOptions {
  /** The fact, with its values, on one line. */
  readonly message: string;
  /** One command to type, or one thing to do. */
  readonly hint?: string | undefined;
  /** The values of the message, for programs. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** Every failure that the engine reports. `code` is part of the API; `message` is for people and may change. */
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

/** An invalid option or argument: the fact with its values, and what to write instead. `options`: the names of those that are wrong, if it is known here. */
export function invalidArgument(message: string, hint: string, ...options: readonly string[]): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message, hint, details: namedOptions(options) });
}

/** Of `details`: the option, and all of them if several do not go together. */
export function namedOptions(options: readonly string[]): Readonly<Record<string, unknown>> {
  const [option] = options;
  if (option === undefined) return {};
  return options.length === 1 ? { option } : { option, options };
}

const OF_OPTIONS: readonly LedgerErrorCode[] = ['INVALID_ARGUMENT', 'INVALID_TIME', 'INVALID_RANGE'];

/**
 * Reads the value of an option; what refuses it does not know which option of which call had it, and the error gets its name into `details`. The outermost
 * counts: the text of a routing is read by calls that have options of their own.
 * @throws whatever `read` throws
 */
export function inOption<Value>(option: string, read: () => Value): Value {
  try {
    const value = read();
    if (!(value instanceof Promise)) return value;
    return value.catch((error: unknown) => {
      throw named(option, error);
    }) as Value;
  } catch (error) {
    throw named(option, error);
  }
}

function named(option: string, error: unknown): unknown {
  if (!(error instanceof LedgerError) || !OF_OPTIONS.includes(error.code)) return error;
  const { message, hint, details, cause, stack } = error;
  const complete = new LedgerError(error.code, { message, hint, details: { ...details, option }, cause });
  if (stack !== undefined) complete.stack = stack;
  return complete;
}

/**
 * Asserts an invariant of the engine. Stays on in production: code with a wrong assumption must not write to a ledger.
 */
export function invariant(holds: boolean, fact: string): asserts holds {
  if (!holds) {
    throw new LedgerError('INTERNAL', {
      message: `internal error: ${fact}`,
      hint: 'please report this; the ledger was not changed',
    });
  }
}
