/** The payloads of parked events, in their order: read in one go where they lie near one another, because a commit of many events is read as a whole. */

import type { Completengine, LedgerEvent, ParkedEventDescription } from '../../index.ts';

/** Further apart the next one is looked up: reading so many and passing by them takes about as long as reading a large commit again. */
const GAP_EVENTS_MAX = 50_000;

export interface ParkedPayload {
  readonly event: ParkedEventDescription;
  readonly payload: Buffer;
}

/** `parked`: by sequence. @throws LedgerError INVALID_RANGE for one that the ledger does not have */
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
      // parked since the reading began, and it ends before: looked up by itself
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
