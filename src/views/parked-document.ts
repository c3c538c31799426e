/** The document of a parked event: a line of the list, with the payload last. */

import { formatTime, type ParkedEventDescription } from '../index.ts';

interface ParkedFacts extends Omit<ParkedEventDescription, 'parkedAt'> {
  readonly parkedAt: string;
}

export interface ParkedEventDocument extends ParkedFacts {
  /** As it was emitted. */
  readonly payload: unknown;
}

/** Without the payload, which is bytes. */
export function parkedFacts({ parkedAt, ...event }: ParkedEventDescription): ParkedFacts {
  return { ...event, parkedAt: formatTime(parkedAt) };
}
