/** Counts events by time and partition, and those that are late: one pass over decoded events. */

import type { EventBatch } from '../../model/events/event.ts';
import type { Micros } from '../../model/time/time.ts';
import { type BucketScale, bucketOf } from './bucket-width.ts';
import { type Distribution, distributionOf } from './decades.ts';

export interface LateFigures {
  /** Events that were read for these figures: all, or a sample that is spread evenly. */
  readonly examined: number;
  /** Events among them that carry an earlier time than the one they are recorded at. */
  readonly late: number;
  /** Microseconds by which they are late. */
  readonly lateness: Distribution;
  /** Late events by bucket; null without buckets. */
  readonly byBucket: Float64Array | null;
}

const LATENESS: readonly Micros[] = [1e6, 10e6, 60e6, 600e6, 3600e6];

export class EventTally {
  readonly #scale: BucketScale | null;
  readonly #ownTime: ((payload: Buffer) => Micros | null) | null;
  readonly #lateByBucket: Float64Array;
  readonly #lateness: number[] = [];
  readonly #lateSequences: number[] = [];
  #examined = 0;
  /** Events by partition id and bucket. */
  readonly counts: readonly Float64Array[];

  /** `ownTime`: null if events have the time of their arrival, and none is late. */
  constructor(scale: BucketScale | null, partitions: number, ownTime: ((payload: Buffer) => Micros | null) | null) {
    this.#scale = scale;
    this.#ownTime = ownTime;
    const buckets = scale?.count ?? 0;
    this.#lateByBucket = new Float64Array(buckets);
    this.counts = Array.from({ length: partitions }, () => new Float64Array(buckets));
  }

  take(batch: EventBatch): void {
    const { count, times, sequences } = batch;
    const scale = this.#scale;
    for (let at = 0; at < count; at++) {
      const time = times[at] as number;
      const bucket = scale === null ? -1 : bucketOf(scale, time);
      const lane = this.counts[batch.partition(at)];
      if (bucket >= 0 && lane !== undefined) lane[bucket] = (lane[bucket] as number) + 1;
      if (this.#ownTime === null) continue;
      const own = this.#ownTime(batch.payload(at));
      if (own === null || own >= time) continue;
      if (bucket >= 0) this.#lateByBucket[bucket] = (this.#lateByBucket[bucket] as number) + 1;
      this.#lateness.push(time - own);
      this.#lateSequences.push(sequences[at] as number);
    }
    this.#examined += count;
  }

  /** Null if events have the time of their arrival. */
  late(): LateFigures | null {
    if (this.#ownTime === null) return null;
    return {
      examined: this.#examined,
      late: this.#lateness.length,
      lateness: distributionOf(Float64Array.from(this.#lateness), Float64Array.from(this.#lateSequences), LATENESS),
      byBucket: this.#scale === null ? null : this.#lateByBucket,
    };
  }
}
