/** A stream of events: iterated one by one, or delivered to a sink with a report of what was delivered. */

import type { MissingFields } from '../formats/field-watch.ts';
import { isAbortBy, untilAborted } from '../model/aborted.ts';
import type { BatchPage } from '../model/events/event.ts';
import { type EventLabels, toEvent } from '../model/events/event-labels.ts';
import type { LedgerEvent } from '../model/events/ledger-event.ts';
import type { FixedRange } from '../model/events/range.ts';
import { invalidArgument, invariant } from '../model/ledger-error.ts';
import { hasMethods, kindOf } from '../model/options/option-kinds.ts';
import { readArgument } from '../model/options/options.ts';
import type { Micros } from '../model/time/time.ts';
import { newBlake3 } from '../native/blake3.ts';
import type { Sink } from './stream-sink.ts';

/** What was delivered. */
export interface StreamReport {
  readonly events: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** First and last sequence; null if nothing was delivered. */
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
  readonly firstTime: Micros | null;
  readonly lastTime: Micros | null;
  /** The range as it was fixed: empty if its `through` is before its `from`. A stream that follows goes on past it. */
  readonly range: FixedRange;
  /** BLAKE3 over the payloads in order, each followed by a line feed: equals `| b3sum`. Hex. */
  readonly digest: string;
  /** Fields of `where`, and of the sink's columns, that no examined event had: most likely a misspelt path. */
  readonly missingFields: readonly string[];
  /** What to write instead of a path or a condition that met nothing, a sentence each. */
  readonly fieldHints: readonly string[];
  /** Duration of the run. */
  readonly wallMs: number;
  /** Whether the chain was verified while reading. */
  readonly isVerified: boolean;
  /** False if the sink or a signal ended the stream early. */
  readonly isComplete: boolean;
}

/** @internal Pages of a stream, and how they are delivered. */
export interface EventStreamPlan {
  readonly pages: () => AsyncGenerator<BatchPage, void, undefined>;
  readonly labels: EventLabels;
  readonly isVerified: boolean;
  /** Drops unwanted events before delivery. */
  readonly filter: MissingFields;
  /** The range, from the first page on; null before it. */
  readonly range: () => FixedRange | null;
  /** Receives the events when the stream is awaited; null: none. */
  readonly liveSubscribers?: (() => Sink | null) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lazy and single-use: iterate it for the events (leave the loop to end it), await it for the report, or deliver it to
 * a sink. An abort ends it: the loop ends, or the report is not complete; before the range is known it rejects with
 * ABORTED. A following stream ends with CLOSED when the
 * engine is closed. Invalid options surface here as INVALID_ARGUMENT, INVALID_TIME or INVALID_RANGE; the call that
 * returns the stream throws nothing.
 */
export class EventStream implements AsyncIterable<LedgerEvent>, PromiseLike<StreamReport> {
  readonly #plan: () => EventStreamPlan;
  #isTaken = false;

  /** @internal `plan` throws if the options are invalid. */
  constructor(plan: () => EventStreamPlan) {
    this.#plan = plan;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<LedgerEvent> {
    const { pages, labels, signal } = this.#take();
    for await (const page of untilAborted(pages(), signal)) {
      for (const batch of page) {
        for (let at = 0; at < batch.count; at++) yield toEvent(batch, at, labels);
      }
    }
  }

  /**
   * Delivers everything to the sink, as fast as it accepts it. Without a sink the events are still read, verified and
   * hashed.
   */
  async deliver(sink: Sink | null): Promise<StreamReport> {
    if (sink !== null) readArgument('deliver()', 'sink', sink, SINK);
    return deliverTo(this.#take(), sink);
  }

  // biome-ignore lint/suspicious/noThenProperty: a replay is awaited for its report
  then<Done = StreamReport, Failed = never>(
    onDone?: ((report: StreamReport) => Done | PromiseLike<Done>) | null,
    onFailed?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    return this.#await().then(onDone, onFailed);
  }

  async #await(): Promise<StreamReport> {
    const plan = this.#take();
    return deliverTo(plan, plan.liveSubscribers?.() ?? null);
  }

  #take(): EventStreamPlan {
    if (this.#isTaken) {
      throw invalidArgument('a stream can be read only once', 'call replay() or tail() again');
    }
    this.#isTaken = true;
    return this.#plan();
  }
}

const SINK = kindOf<Sink>('a sink, an object with a method deliver(), or null', (value) =>
  hasMethods(value, ['deliver']),
);

async function deliverTo(
  { pages, labels, filter, range, isVerified, signal }: EventStreamPlan,
  sink: Sink | null,
): Promise<StreamReport> {
  const started = performance.now();
  const hasher = newBlake3();
  let events = 0;
  let bytes = 0;
  let first: { sequence: number; time: Micros } | null = null;
  let last: { sequence: number; time: Micros } | null = null;
  let isTaken = true;
  try {
    for await (const page of pages()) {
      if (sink !== null && !(await sink.deliver(page, labels))) {
        isTaken = false;
        break;
      }
      for (const batch of page) {
        const lines = batch.lines();
        const { span } = batch;
        if (span === null) continue;
        hasher.update(lines);
        events += span.count;
        bytes += lines.length - span.count;
        first ??= { sequence: span.firstSequence, time: span.firstTime };
        last = { sequence: span.lastSequence, time: span.lastTime };
      }
    }
  } catch (error) {
    // a wait for servers or for a lock that the signal ended: what was delivered is reported
    if (!isAbortBy(signal, error) || range() === null) throw error;
  }
  const fixed = range();
  invariant(fixed !== null, 'a stream without a range');
  const isComplete = isTaken && !signal?.aborted && ((await sink?.end?.()) ?? true);
  return {
    events,
    bytes,
    firstSequence: first?.sequence ?? null,
    lastSequence: last?.sequence ?? null,
    firstTime: first?.time ?? null,
    lastTime: last?.time ?? null,
    range: fixed,
    digest: hasher.digest('hex'),
    missingFields: both(filter.missingFields, sink?.missing?.missingFields),
    fieldHints: both(filter.fieldHints, sink?.missing?.fieldHints),
    wallMs: performance.now() - started,
    isVerified,
    isComplete,
  };
}

/** Each text once. */
function both(some: readonly string[], others: readonly string[] = []): string[] {
  return [...new Set([...some, ...others])];
}
