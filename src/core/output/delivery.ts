/** One delivery: events in order that are acknowledged together. */

import type { DeliveryBatch } from '../model/events/delivery-batch.ts';
import { type EventLabels, toEvent } from '../model/events/event-labels.ts';
import type { LedgerEvent } from '../model/events/ledger-event.ts';

/** A delivery batch with the names its subscriber knows. */
interface NamedDeliveryBatch extends Omit<DeliveryBatch, 'partition'> {
  /** Name of the group; null without one. */
  readonly group: string | null;
  /** Name of the partition of all events; null if they come in the order of the whole ledger. */
  readonly partition: string | null;
}

/** Iterate it for the events, which may be kept. */
export class Delivery implements NamedDeliveryBatch, Iterable<LedgerEvent> {
  readonly group: NamedDeliveryBatch['group'];
  readonly partition: NamedDeliveryBatch['partition'];
  readonly batches: DeliveryBatch['batches'];
  readonly attempt: DeliveryBatch['attempt'];
  readonly isRedelivery: DeliveryBatch['isRedelivery'];
  readonly isReplayed: DeliveryBatch['isReplayed'];
  readonly signal: DeliveryBatch['signal'];
  readonly labels: EventLabels;

  /** @internal */
  constructor(deliveryBatch: NamedDeliveryBatch, labels: EventLabels) {
    this.group = deliveryBatch.group;
    this.partition = deliveryBatch.partition;
    this.batches = deliveryBatch.batches;
    this.attempt = deliveryBatch.attempt;
    this.isRedelivery = deliveryBatch.isRedelivery;
    this.isReplayed = deliveryBatch.isReplayed;
    this.signal = deliveryBatch.signal;
    this.labels = labels;
  }

  get count(): number {
    return this.batches.reduce((sum, { count }) => sum + count, 0);
  }

  get firstSequence(): number {
    return this.batches[0]?.sequences[0] ?? 0;
  }

  get lastSequence(): number {
    return this.batches.at(-1)?.sequences.at(-1) ?? 0;
  }

  /** Offset of the first event in its partition. */
  get firstOffset(): number {
    return this.batches[0]?.offsets[0] ?? 0;
  }

  get lastOffset(): number {
    return this.batches.at(-1)?.offsets.at(-1) ?? 0;
  }

  /** The payloads as JSON lines, for forwarding them unchanged. */
  lines(): Buffer {
    return Buffer.concat(this.batches.map((batch) => batch.lines()));
  }

  *[Symbol.iterator](): Iterator<LedgerEvent> {
    for (const batch of this.batches) {
      for (let at = 0; at < batch.count; at++) yield toEvent(batch, at, this.labels);
    }
  }
}
