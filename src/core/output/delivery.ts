/** What a subscriber gets in one go: some events in order, to be stood behind together. */

import type { EventBatch, LedgerEvent } from '../model/event.ts';
import { type EventLabels, toEvent } from './event-form.ts';

export interface DeliveryFacts {
  /** Null without a group. */
  readonly group: string | null;
  /** The partition all events are of; null where they come in the order of the whole ledger. */
  readonly partition: string | null;
  readonly attempt: number;
  readonly isRedelivery: boolean;
  readonly isReplayed: boolean;
  readonly signal: AbortSignal;
}

/** Iterate it for the events; their payloads are copies and may be kept. */
export class Delivery implements Iterable<LedgerEvent> {
  readonly group: string | null;
  readonly partition: string | null;
  /** How often this has been tried, from 1. */
  readonly attempt: number;
  /** It was parked, and is delivered again on request. */
  readonly isRedelivery: boolean;
  /** Told again by a replay, rather than as it came. */
  readonly isReplayed: boolean;
  /** Aborts when the time for an answer is over: what is done after that is done again by another. */
  readonly signal: AbortSignal;
  /** The events for those who want them as bytes: valid until the handler is done. */
  readonly batches: readonly EventBatch[];
  readonly labels: EventLabels;

  /** @internal */
  constructor(batches: readonly EventBatch[], labels: EventLabels, facts: DeliveryFacts) {
    this.batches = batches;
    this.labels = labels;
    this.group = facts.group;
    this.partition = facts.partition;
    this.attempt = facts.attempt;
    this.isRedelivery = facts.isRedelivery;
    this.isReplayed = facts.isReplayed;
    this.signal = facts.signal;
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

  /** The payloads as JSON lines. */
  lines(): Buffer {
    return Buffer.concat(this.batches.map((batch) => batch.lines()));
  }

  *[Symbol.iterator](): Iterator<LedgerEvent> {
    for (const batch of this.batches) {
      for (let at = 0; at < batch.count; at++) yield toEvent(batch, at, this.labels);
    }
  }
}
