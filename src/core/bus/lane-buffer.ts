/**
 * Read-ahead buffer of one partition for one consumer: holds at most one read, bounded in bytes, however slow the
 * consumer is.
 */

import type { EventBatch } from '../model/events/event.ts';
import type { LaneRequest } from '../model/events/history.ts';
import type { LaneRead } from './shared-lanes.ts';

/** Reads the lane from a sequence on, bounded by events and bytes. */
type ReadLane = (request: Omit<LaneRequest, 'partition'>) => Promise<LaneRead>;

/** Most bytes of one read; a single frame may be larger. */
const READ_BYTES = 256 * 1024;

export class LaneBuffer {
  readonly #read: ReadLane;
  #rest: EventBatch[] = [];
  /** Sequence at which `#rest` starts; a request for any other sequence reads again. */
  #from = -1;
  /** Offset behind the last frame that was read. */
  #end = 0;

  constructor(read: ReadLane) {
    this.#read = read;
  }

  /** The next events, at most `events` and `bytes`; at least one if any exists. */
  async take(fromSequence: number, events: number, bytes: number): Promise<EventBatch[]> {
    if (this.#from !== fromSequence || this.#rest.length === 0) await this.#fill(fromSequence, events);
    const taken: EventBatch[] = [];
    let wanted = events;
    let room = bytes;
    while (wanted > 0) {
      const [batch] = this.#rest;
      if (batch === undefined) break;
      const count = fitting(batch, wanted, room, taken.length === 0);
      if (count === 0) break;
      if (count === batch.count) this.#rest.shift();
      else this.#rest[0] = batch.slice(count, batch.count);
      taken.push(batch.slice(0, count));
      wanted -= count;
      if (room !== Number.POSITIVE_INFINITY) room -= weight(batch, count);
    }
    this.#from = (taken.at(-1)?.span?.lastSequence ?? -2) + 1;
    return taken;
  }

  async #fill(fromSequence: number, events: number): Promise<void> {
    this.#rest = [];
    // what goes on behind the last read does not need its last frame again
    const fromOffset = this.#from === fromSequence ? this.#end : undefined;
    const { batches, end } = await this.#read({ fromSequence, fromOffset, events, bytes: READ_BYTES });
    this.#end = end;
    // a copy: other members may share the read
    this.#rest = [...batches];
  }
}

/** Number of leading events of the batch that fit in `events` and `bytes`; the very first event always fits. */
function fitting(batch: EventBatch, events: number, bytes: number, isFirst: boolean): number {
  const most = Math.min(batch.count, events);
  if (bytes === Number.POSITIVE_INFINITY) return most;
  let left = bytes;
  for (let at = 0; at < most; at++) {
    left -= batch.payload(at).length + 1;
    if (left < 0) return at === 0 && isFirst ? 1 : at;
  }
  return most;
}

function weight(batch: EventBatch, count: number): number {
  let bytes = 0;
  for (let at = 0; at < count; at++) bytes += batch.payload(at).length + 1;
  return bytes;
}
