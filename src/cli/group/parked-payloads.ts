/** Reads the payloads of parked events in sequence order. Events close together share one read, because a commit is always read whole. */

import type { Completengine, LedgerEvent, ParkedEventDescription } from '../../index.ts';

/** A larger gap is skipped by a new read: reading past this many events takes about as long as reading a large commit again. */
export const GAP_EVENTS_MAX = 50_000;

export interface ParkedPayload {
  readonly event: ParkedEventDescription;
  readonly payload: Buffer;
}

/** `parked`: in sequence order. @throws LedgerError INVALID_RANGE for a sequence past the head */
export async function* payloadsOfParked(
  engine: Completengine,
  parked: AsyncIterable<ParkedEventDescription>,
): AsyncGenerator<ParkedPayload, void, undefined> {
  let reading: AsyncIterator<LedgerEvent> | undefined;
  let reached = 0;
  try {
    for await (const event of parked) {
      const { sequence } = event;
      if (sequence - reached > GAP_EVENTS_MAX) {
        await reading?.return?.();
        reading = undefined;
      }
      reading ??= engine.replay({ fromSequence: sequence, determinism: 'relaxed' })[Symbol.asyncIterator]();
      const found = await advance(reading, sequence);
      // parked after the read began, and past its end: read it alone
      yield { event, payload: (found ?? (await engine.event(sequence))).payload };
      if (found === null) reading = undefined;
      reached = sequence;
    }
  } finally {
    await reading?.return?.();
  }
}

async function advance(reading: AsyncIterator<LedgerEvent>, sequence: number): Promise<LedgerEvent | null> {
  for (;;) {
    const { value, done } = await reading.next();
    if (done) return null;
    if (value.sequence >= sequence) return value.sequence === sequence ? value : null;
  }
}
