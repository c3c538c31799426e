/** Converts errors for another thread and back. The structured clone of an error loses its class and properties, so plain objects are sent. */

import { LedgerError, type LedgerErrorCode } from '../../../model/ledger-error.ts';

export interface ThreadFailure {
  readonly code: LedgerErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
  readonly cause: FailureCause | null;
}

type FailureCause =
  | { readonly kind: 'ledger'; readonly failure: ThreadFailure }
  | { readonly kind: 'error'; readonly error: PlainError };

/** An error of the platform or of SQLite; `code` is theirs. */
interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
  readonly cause: FailureCause | null;
}

/** Causes may be cyclic. */
const CAUSES_MAX = 8;

export function toFailure(error: unknown, causesLeft = CAUSES_MAX): ThreadFailure {
  if (!(error instanceof LedgerError)) return toFailure(threadError(error), causesLeft);
  const { code, message, hint, details, stack, cause } = error;
  return { code, message, hint, details: cloneable(details), stack, cause: toCause(cause, causesLeft) };
}

export function fromFailure({ code, message, hint, details, stack, cause }: ThreadFailure): LedgerError {
  return withStack(new LedgerError(code, { message, hint, details, cause: fromCause(cause) }), stack);
}

/** Wraps the error that ended a thread, unless it is a LedgerError. */
export function threadError(cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause;
  const fact = cause instanceof Error ? cause.message : String(cause);
  return new LedgerError('INTERNAL', {
    message: `a thread of the ledger failed: ${fact}`,
    hint: 'please report this',
    cause,
  });
}

function toCause(cause: unknown, left: number): FailureCause | null {
  if (cause === undefined || left === 0) return null;
  if (cause instanceof LedgerError) return { kind: 'ledger', failure: toFailure(cause, left - 1) };
  if (!(cause instanceof Error))
    return {
      kind: 'error',
      error: { name: 'Error', message: String(cause), code: undefined, stack: undefined, cause: null },
    };
  const { name, message, stack } = cause;
  const { code } = cause as NodeJS.ErrnoException;
  return {
    kind: 'error',
    error: {
      name,
      message,
      stack,
      code: typeof code === 'string' ? code : undefined,
      cause: toCause(cause.cause, left - 1),
    },
  };
}

function fromCause(cause: FailureCause | null): Error | undefined {
  if (cause === null) return undefined;
  if (cause.kind === 'ledger') return fromFailure(cause.failure);
  const { name, message, code, stack } = cause.error;
  const inner = fromCause(cause.error.cause);
  const error = Object.assign(
    new Error(message, inner === undefined ? undefined : { cause: inner }),
    { name },
    code === undefined ? {} : { code },
  );
  return withStack(error, stack);
}

/** The stack of the thread shows where it failed; a new one would show where it was reported. */
function withStack<Failure extends Error>(error: Failure, stack: string | undefined): Failure {
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** A report that cannot be cloned would end the thread without any report. */
function cloneable(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}
