/** Documents of single events: a stored one, and where one would go. */

import { type Explanation, formatTime, type LedgerEvent, type LineExplanation } from '../index.ts';

export interface EventDocument {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  /** Ledger time. */
  readonly time: string;
  readonly key: string | null;
  /** A string: as a JSON value it would not be kept byte for byte. */
  readonly payload: string;
}

/** A line of `-o envelope`, with the payload as it was emitted. */
export interface EnvelopeDocument extends Omit<EventDocument, 'payload'> {
  readonly payload: unknown;
}

/** Where a key or an event would go; of a line of input also which one. */
export type ExplanationDocument = Explanation & Partial<Pick<LineExplanation, 'source' | 'line'>>;

export function eventDocument({ sequence, partition, offset, time, key, payload }: LedgerEvent): EventDocument {
  return { sequence, partition, offset, time: formatTime(time), key, payload: payload.toString('utf8') };
}
