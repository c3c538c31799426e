/** Facts of an event that its batch does not hold: names, key and ledger. No I/O. */

import type { PartitionId } from '../routing/partition.ts';
import type { FieldPath } from '../text/field-path.ts';
import type { EventBatch } from './event.ts';
import { LedgerEvent } from './ledger-event.ts';

export interface EventLabels {
  /** The ledger's uuid. */
  readonly ledger: string;
  partitionName(id: PartitionId): string;
  /** Key that the router read or was given; null if there is none. */
  key(batch: EventBatch, at: number): string | null;
  /**
   * Where the events of a batch hold their keys, unless one was given.
   * @internal
   */
  keyField(batch: EventBatch): KeyField;
}

/** The field whose scalar text is the key; `none`: no event has one; `computed`: ask for the key of each event. */
export type KeyField = FieldPath | 'none' | 'computed';

/**
 * One event of a batch as an object. Its payload is copied, so that keeping the event does not keep the batch in
 * memory.
 */
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
