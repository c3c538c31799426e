/** A progress line on standard error, for a terminal and for work that lasts. */

import type { SingleBar } from 'cli-progress';
import { bytes, count, rate } from './figures.ts';

/** Shorter work shows nothing and does not load the library. */
const SHOW_AFTER_MS = 400;

export class Progress {
  readonly #total: number | null;
  readonly #started = performance.now();
  readonly #isWanted: boolean;
  #bar: SingleBar | undefined;
  #isLoading = false;
  #isDone = false;

  /** `total`: bytes of input, null where unknown. */
  constructor(total: number | null, isQuiet: boolean) {
    this.#total = total;
    this.#isWanted = !isQuiet && process.stderr.isTTY === true;
  }

  update({ inputBytes, events }: { inputBytes: number; events: number }): void {
    const ms = performance.now() - this.#started;
    if (!this.#isWanted || ms < SHOW_AFTER_MS) return;
    if (this.#bar === undefined) {
      if (!this.#isLoading) void this.#load();
      return;
    }
    this.#bar.update(inputBytes, { events: count(events), size: bytes(inputBytes), rate: rate(events, ms) });
  }

  stop(): void {
    this.#isDone = true;
    this.#bar?.stop();
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    const { default: cliProgress } = await import('cli-progress');
    if (this.#isDone) return;
    const format = this.#total === null ? '{events} events  {size}  {rate}' : '{bar} {percentage}%  {events} events  {rate}  {eta_formatted} left';
    this.#bar = new cliProgress.SingleBar(
      { format, clearOnComplete: true, hideCursor: true, stream: process.stderr, etaBuffer: 50 },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(this.#total ?? 0, 0, { events: '0', size: '0 B', rate: '' });
  }
}
