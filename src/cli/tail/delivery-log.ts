/** Reports failed deliveries of `tail --exec` on standard error: at most one line per second, and a summary at the end. */

import {
  type DeliveryPosition,
  type FailedDelivery,
  ReportLimiter,
  type Subscription,
  type Timer,
} from '../../index.ts';
import { count, plural, seconds } from '../terminal/format-numbers.ts';

const INTERVAL_MS = 1000;

export class DeliveryLog {
  readonly #lines: ReportLimiter<string>;
  /** Events parked since the last line. */
  #parked = 0;

  /** `print` takes one line without a newline. */
  constructor(print: (line: string) => void, timer: Timer) {
    const report = (latest: string, failures: number): void => {
      print(
        failures === 1
          ? latest
          : `${latest} (${plural(failures, 'failure')} since the last line, ${plural(this.#parked, 'event')} parked)`,
      );
      this.#parked = 0;
    };
    this.#lines = new ReportLimiter({ intervalMs: INTERVAL_MS, timer, report });
  }

  retry(failure: FailedDelivery & { readonly pauseMs: number }): void {
    this.#lines.add(`${positionText(failure)}: ${failure.reason}; retry in ${seconds(failure.pauseMs)}`);
  }

  parked(failure: FailedDelivery): void {
    this.#parked++;
    this.#lines.add(`${positionText(failure)}: ${failure.reason}; parked after ${plural(failure.attempts, 'attempt')}`);
  }

  /** Prints the pending report. */
  close(): void {
    this.#lines.close();
  }
}

/** `p0/2 (sequence 3)`, `4 events from p0/0`. */
export function positionText({ partition, offset, events, sequence }: DeliveryPosition): string {
  return events === 1
    ? `${partition}/${offset} (sequence ${sequence})`
    : `${plural(events, 'event')} from ${partition}/${offset}`;
}

/** `p0/2 (sequence 3) and 4 more`; null if none is in progress. */
export function inProgressText(inProgress: Subscription['inProgress']): string | null {
  const [first] = inProgress;
  if (first === undefined) return null;
  const { partition, offset } = first;
  const position = positionText({ ...first, partition: partition ?? '', offset: offset ?? 0 });
  return inProgress.length === 1 ? position : `${position} and ${count(inProgress.length - 1)} more`;
}

/** `1,707 events: 0 delivered, 1,707 parked`. */
export function summaryLine({ delivered, parked }: Pick<Subscription, 'delivered' | 'parked'>): string {
  return `${plural(delivered + parked, 'event')}: ${count(delivered)} delivered, ${count(parked)} parked`;
}
