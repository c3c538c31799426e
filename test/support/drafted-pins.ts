/** Pins as a draft has them. */

import { type DraftedPins, emptyPins } from '../../src/core/model/routing/session-pins.ts';

export interface TestPin {
  readonly session: string;
  readonly partition: number;
  readonly lastSeen: number;
}

/** `encoding`: of the sessions. */
export function draftedPins(pins: readonly TestPin[], encoding: 'utf8' | 'latin1' = 'utf8'): DraftedPins {
  const keys = pins.map(({ session }) => Buffer.from(session, encoding));
  const columns = emptyPins(pins.length, Buffer.concat(keys).length);
  let end = 0;
  for (const [at, { partition, lastSeen }] of pins.entries()) {
    columns.keys.set(keys[at] as Buffer, end);
    end += (keys[at] as Buffer).length;
    columns.ends[at] = end;
    columns.partitions[at] = partition;
    columns.lastSeen[at] = lastSeen;
  }
  return columns;
}
