/**
 * A seal as messages: the folded state at a position, so that readers need not begin at the first message. Its last message has all that is needed to find and
 * check it; a state that is too long for one message has parts before it. Pure.
 */

import { blake3 } from '../../../native/blake3.ts';
import type { LogEntry } from '../ordered-log.ts';
import { Field, readOr, toHeader } from './fields.ts';
import { LOG_FORMAT, SEAL_PART_TOPIC, SEAL_TOPIC, type Seen } from './messages.ts';
import { encodeSeen, toSeen } from './proposal.ts';

/** A longer state goes into several messages. */
export const SEAL_BYTES_MAX = 512 * 1024;
const PARTS_MAX = 4096;

export interface SealHeader {
  readonly ledger: string;
  /** The head at the position whose state it is. */
  readonly seen: Seen;
  /** BLAKE3 over the text of the state. */
  readonly digest: Buffer;
  /** Positions of the messages with the parts before the last one, in order. */
  readonly parts: readonly number[];
}

/** Cuts the text of a state into the bodies of messages, at least one. */
export function cutState(text: string, bytesMax = SEAL_BYTES_MAX): Buffer[] {
  const bytes = Buffer.from(text);
  const pieces = Math.max(1, Math.ceil(bytes.length / bytesMax));
  return Array.from({ length: pieces }, (_, at) => bytes.subarray(at * bytesMax, (at + 1) * bytesMax));
}

export function encodeSealPart(body: Buffer): LogEntry {
  return { topic: SEAL_PART_TOPIC, header: toHeader({ v: LOG_FORMAT }), body };
}

/** The last message of a seal. */
export function encodeSeal({ ledger, seen, parts }: Omit<SealHeader, 'digest'>, text: string, body: Buffer): LogEntry {
  const digest = blake3(Buffer.from(text)).toString('hex');
  return {
    topic: SEAL_TOPIC,
    header: toHeader({ v: LOG_FORMAT, ledger, seen: encodeSeen(seen), digest, parts }),
    body,
  };
}

/** What a seal says about itself, or why it is none. */
export function readSealHeader(header: string): SealHeader | string {
  return readOr(() => {
    const { v, ledger, seen, digest, parts } = Field.parse(header, 'the header').fields(
      'v',
      'ledger',
      'seen',
      'digest',
      'parts',
    );
    v.whole(LOG_FORMAT, LOG_FORMAT);
    return {
      ledger: ledger.text(64),
      seen: toSeen(seen),
      digest: digest.hex(32),
      parts: parts.list(PARTS_MAX).map((part) => part.whole()),
    };
  });
}

/** The text of the state in these bodies; null where it is not what was sealed: it is passed over then, as if it were not there. */
export function joinState({ digest }: SealHeader, bodies: readonly Buffer[]): string | null {
  const bytes = Buffer.concat(bodies);
  return blake3(bytes).equals(digest) ? bytes.toString('utf8') : null;
}
