/** Delivers the events of a group's parked list to a sink, read from the ledger in sequence order. */

import type { Completengine, ParkedEventDescription, Sink } from '../../index.ts';
import { GAP_EVENTS_MAX } from './parked-payloads.ts';

/** Sequences read by one replay: the commits at its ends are read again by the next one. */
const SPAN_EVENTS = 65_536;

/**
 * `parked`: in sequence order. Resolves to false if the sink accepts no more, or the signal aborts.
 * @throws LedgerError as a replay does, and the sink's own
 */
export async function deliverParked(
  engine: Completengine,
  parked: AsyncIterable<ParkedEventDescription>,
  sink: Sink,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const sequences of spansOf(parked)) {
    const [first, last] = [sequences[0], sequences.at(-1)];
    const wanted = new Set(sequences);
    const picking: Sink = {
      deliver: (page, labels) =>
        sink.deliver(
          page.map((batch) => batch.filter((at) => wanted.has(batch.sequences[at] as number))),
          labels,
        ),
    };
    const events = engine.replay({ fromSequence: first, throughSequence: last, determinism: 'relaxed', signal });
    const { isComplete } = await events.deliver(picking);
    if (!isComplete) return false;
  }
  return (await sink.end?.()) ?? true;
}

/** Sequences that are close enough to be read together; no span is empty. */
async function* spansOf(parked: AsyncIterable<ParkedEventDescription>): AsyncGenerator<number[], void, undefined> {
  let span: number[] = [];
  for await (const { sequence } of parked) {
    const isNear = sequence - (span.at(-1) ?? sequence) <= GAP_EVENTS_MAX;
    if (!isNear || span.length === SPAN_EVENTS) {
      yield span;
      span = [];
    }
    span.push(sequence);
  }
  if (span.length > 0) yield span;
}
