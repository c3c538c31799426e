/**
 * The head of a ledger: its last sequence and the chain hash there. Kept elsewhere it is an anchor that reveals
 * truncation. No I/O.
 */

import { invalidArgument, LedgerError } from '../ledger-error.ts';
import { text as anyText, type Kind } from '../options/option-kinds.ts';
import { readArgument } from '../options/options.ts';
import type { Micros } from '../time/time.ts';

export interface Head {
  /** Last sequence, 0 in an empty ledger. */
  readonly sequence: number;
  /** Ledger time of the last event, the earliest for the next one. TIME_MIN in an empty ledger. */
  readonly time: Micros;
  /** Chain hash, 64 lower-case hex digits. */
  readonly hash: string;
}

/** The part of a head that is kept as an anchor. */
export type Anchor = Pick<Head, 'sequence' | 'hash'>;

/** `SEQUENCE:HASH`, as `inspect` and `emit` print it. */
export function formatHead(head: Anchor): string {
  return `${head.sequence}:${head.hash}`;
}

/** The head that a caller expects: its text, or a head as `head()` and `inspect()` give it. */
export type ExpectedHead = string | Anchor;

/** An option that takes either. */
export const expectedHead: Kind<ExpectedHead> = {
  expected: "a head: 'SEQUENCE:HASH', or what head() gives",
  read: (value) => {
    if (typeof value === 'string') return value;
    const { sequence, hash } = (value ?? {}) as Partial<Readonly<Record<keyof Anchor, unknown>>>;
    return typeof sequence === 'number' && typeof hash === 'string' ? `${sequence}:${hash}` : undefined;
  },
};

/** Reads an expected head. @throws LedgerError INVALID_ARGUMENT */
export function readHead(expected: ExpectedHead): Anchor {
  return parseHead(typeof expected === 'string' ? expected : formatHead(expected));
}

/** Parses `SEQUENCE:HASH`. @throws LedgerError INVALID_ARGUMENT */
export function parseHead(text: string): Anchor {
  const match = /^(0|[1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(readArgument('parseHead()', 'text', text, anyText).trim());
  if (match === null || !Number.isSafeInteger(Number(match[1]))) {
    throw invalidArgument(
      `'${text.slice(0, 100)}' is not a head`,
      'a head is SEQUENCE:HASH with 64 hex digits, as `completengine inspect -v` prints it',
    );
  }
  return { sequence: Number(match[1]), hash: match[2] as string };
}

/** @throws LedgerError HEAD_CONFLICT with the head that is there, unless it is the expected one */
export function checkExpectedHead(expected: Anchor, head: Head): void {
  if (expected.sequence === head.sequence && expected.hash === head.hash) return;
  throw new LedgerError('HEAD_CONFLICT', {
    message: `the head is ${formatHead(head)}, and not ${formatHead(expected)}; nothing was stored`,
    hint: 'read what was committed since, decide again, and expect the new head',
    details: { expected: formatHead(expected), head: formatHead(head) },
  });
}
