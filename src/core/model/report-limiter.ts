/**
 * Throttles reports: passes on the first at once, then at most one per interval: the latest, with the number since the
 * previous one.
 */

import type { Timer } from './time/timer.ts';

export interface ReportLimits<Report> {
  readonly intervalMs: number;
  readonly timer: Timer;
  /** `count`: the reports since the previous call, the latest included. */
  readonly report: (latest: Report, count: number) => void;
}

export class ReportLimiter<Report> {
  readonly #limits: ReportLimits<Report>;
  readonly #closing = new AbortController();
  #held: { readonly latest: Report; readonly count: number } | null = null;
  #isPausing = false;

  constructor(limits: ReportLimits<Report>) {
    this.#limits = limits;
  }

  add(latest: Report): void {
    this.#held = { latest, count: (this.#held?.count ?? 0) + 1 };
    if (this.#isPausing) return;
    this.#isPausing = true;
    this.#flush();
    void this.#pause();
  }

  /** Passes on the report that was held back. */
  close(): void {
    this.#closing.abort();
    this.#flush();
  }

  /**
   * The last report of a burst must not wait for the next burst, so each interval ends by passing on what came during
   * it.
   */
  async #pause(): Promise<void> {
    const { timer, intervalMs } = this.#limits;
    do await timer.wait(intervalMs, this.#closing.signal);
    while (this.#flush());
    this.#isPausing = false;
  }

  /** False if nothing was held back. */
  #flush(): boolean {
    const held = this.#held;
    if (held === null) return false;
    this.#held = null;
    this.#limits.report(held.latest, held.count);
    return true;
  }
}
