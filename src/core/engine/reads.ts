/** Makes the streams that read an open ledger: of its tail and of ranges, each from the options of its call. */

import type { Ledger } from '../ledger/ledger.ts';
import type { Determinism } from '../model/config.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import type { FixedRange } from '../model/events/range.ts';
import { selectPartitions } from '../model/routing/partition.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Timer } from '../model/time/timer.ts';
import { EventStream } from '../output/event-stream.ts';
import type { Sink } from '../output/stream-sink.ts';
import { EventFilter, type FilterRequest } from './filter.ts';
import { fixRange, type ReplayOptions, type ReplayParts, replaying } from './replay.ts';
import { type TailOptions, tailing } from './tail.ts';

export interface ReadsDeps extends Pick<ReplayParts, 'startWatching' | 'grown'> {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly timer: Timer;
  /** Of replays that do not say otherwise. */
  readonly determinism: Determinism;
  readonly labels: () => EventLabels;
  /** Subscribers without a group, which also receive awaited replays. */
  readonly liveSubscribers: () => Sink | null;
}

export class Reads {
  readonly #deps: ReadsDeps;

  constructor(deps: ReadsDeps) {
    this.#deps = deps;
  }

  /** `request` is evaluated now; what it throws is thrown when the stream is used. */
  tail(request: () => TailOptions): EventStream {
    return new EventStream(
      outcomeOf(() => {
        const options = request();
        const { partitions, key, where, signal } = options;
        let fixed: FixedRange | null = null;
        const onRange = (range: FixedRange): void => {
          fixed = range;
        };
        const parts = this.#partsOf({ partitions, key, where }, 0, onRange);
        return {
          pages: tailing(parts, options),
          labels: this.#deps.labels(),
          filter: parts.filter,
          range: () => fixed,
          isVerified: false,
          signal,
        };
      }),
    );
  }

  /** As {@link tail}. `after`: nothing through this sequence is delivered. */
  replay(request: () => ReplayOptions, after: number): EventStream {
    return new EventStream(
      outcomeOf(() => {
        const options = request();
        let fixed: FixedRange | null = null;
        const onRange = (range: FixedRange): void => {
          fixed = range;
        };
        const parts = this.#partsOf(options, after, onRange);
        const { labels, liveSubscribers } = this.#deps;
        return {
          pages: replaying(parts, options),
          labels: labels(),
          filter: parts.filter,
          range: () => fixed,
          isVerified: parts.verify,
          liveSubscribers,
          signal: options.signal,
        };
      }),
    );
  }

  /** The sequences that a replay would deliver now, and what they were asked for by. @throws for invalid options */
  async range(options: ReplayOptions): Promise<FixedRange> {
    await this.select(options.partitions);
    const parts = this.#partsOf(options, 0, () => {});
    return fixRange(parts, options);
  }

  /** Ids of named partitions, in order; null for all. @throws LedgerError UNKNOWN_PARTITION */
  async select(names: readonly string[] | undefined): Promise<number[] | null> {
    if (names === undefined || names.length === 0) return null;
    const { ledger } = this.#deps;
    // one of them may have been added since the ledger was opened
    await ledger.head();
    const chosen = selectPartitions(ledger.identity.partitions, names);
    return [...new Set(chosen.map(({ id }) => id))].sort((one, other) => one - other);
  }

  #partsOf(
    options: FilterRequest & Pick<ReplayOptions, 'partitions' | 'determinism'>,
    after: number,
    onRange: ReplayParts['onRange'],
  ): ReplayParts {
    const { ledger, clock, timer, determinism, labels, startWatching, grown } = this.#deps;
    return {
      ledger,
      clock,
      timer,
      filter: new EventFilter(options, labels()),
      select: () => this.select(options.partitions),
      verify: (options.determinism ?? determinism) === 'strict',
      after,
      startWatching,
      grown,
      onRange,
    };
  }
}

/**
 * Evaluates now, while the caller's objects are as they were passed; an error is thrown later, when the outcome is
 * requested.
 */
function outcomeOf<Outcome>(make: () => Outcome): () => Outcome {
  try {
    const outcome = make();
    return () => outcome;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
