/** Shows how much input has been read: a progress line on standard error, on terminals and for longer runs only. */

import { bytes, plural, rate } from '../terminal/format-numbers.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';

export class Progress {
  readonly #bar: ProgressBar;

  /** `total`: bytes of input, null if unknown. */
  constructor(total: number | null, isQuiet: boolean) {
    const format =
      total === null ? '{events}  {size}  {rate}' : '{bar} {percentage}%  {events}  {rate}  {eta_formatted} left';
    this.#bar = new ProgressBar({ format, total, isQuiet });
  }

  update({ inputBytes, events }: { inputBytes: number; events: number }): void {
    this.#bar.update(inputBytes, (ms) => ({
      events: plural(events, 'event'),
      size: bytes(inputBytes),
      rate: rate(events, ms),
    }));
  }

  stop(): void {
    this.#bar.stop();
  }
}
