/** The forms in which events leave as bytes: one line each. */

import { LINE_FEED } from '../model/bytes.ts';
import type { EventBatch } from '../model/event.ts';
import { LedgerEvent } from '../model/ledger-event.ts';
import type { PartitionId } from '../model/partition.ts';
import { formatTime } from '../model/time.ts';

/** What a batch does not know of its events by itself. */
export interface EventLabels {
  partitionName(id: PartitionId): string;
  /** The key the router read, or was given; null where there is none. */
  key(batch: EventBatch, at: number): string | null;
}

/** Writes the events of a batch as lines. */
export type EventForm = (batch: EventBatch, labels: EventLabels) => Buffer;

/** The payloads as they came in. */
export const payloadForm: EventForm = (batch) => batch.lines();

/** `{"sequence","partition","offset","time","key","payload"}`, the payload last and as it is: `emit --envelope` takes it back to the byte. */
export const envelopeForm: EventForm = (batch, labels) => {
  const parts: Buffer[] = [];
  for (let at = 0; at < batch.count; at++) {
    const key = labels.key(batch, at);
    const head = `{"sequence":${batch.sequences[at]},"partition":"${labels.partitionName(batch.partition(at))}","offset":${batch.offsets[at]},"time":"${formatTime(
      batch.times[at] as number,
    )}","key":${JSON.stringify(key)},"payload":`;
    parts.push(Buffer.from(head), batch.payload(at), ENVELOPE_END);
  }
  return Buffer.concat(parts);
};

const ENVELOPE_END = Buffer.from([0x7d, LINE_FEED]);

/** One event of a batch as an object, its payload in memory of its own: whoever keeps the event keeps nothing else. */
export function toEvent(batch: EventBatch, at: number, labels: EventLabels): LedgerEvent {
  return new LedgerEvent({
    sequence: batch.sequences[at] as number,
    partition: labels.partitionName(batch.partition(at)),
    offset: batch.offsets[at] as number,
    time: batch.times[at] as number,
    key: labels.key(batch, at),
    payload: Buffer.from(batch.payload(at)),
  });
}
