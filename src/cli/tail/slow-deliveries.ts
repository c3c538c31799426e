/** Reports deliveries of `tail --exec` that take long: nothing else shows a command that hangs until its time is over. */

import type { DeliveryPosition, Timer } from '../../index.ts';
import { span } from '../terminal/format-numbers.ts';
import { positionText } from './delivery-log.ts';

/** No longer than this is waited before the first report, however long a run may take. */
const FIRST_MS_MAX = 60_000;

export class SlowDeliveries {
  readonly #firstMs: number;
  readonly #timeoutMs: number;
  readonly #timer: Timer;
  readonly #print: (line: string) => void;

  /** Reports a delivery at half of its time, and each time it has lasted twice as long. `print` takes one line without a newline. */
  constructor(timeoutMs: number, timer: Timer, print: (line: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#firstMs = Math.min(timeoutMs / 2, FIRST_MS_MAX);
    this.#timer = timer;
    this.#print = print;
  }

  /** Call the returned function when the delivery has ended. */
  watch(position: DeliveryPosition): () => void {
    const ended = new AbortController();
    void this.#report(position, ended.signal);
    return () => ended.abort();
  }

  async #report(position: DeliveryPosition, ended: AbortSignal): Promise<void> {
    for (let waitedMs = 0, atMs = this.#firstMs; atMs < this.#timeoutMs; waitedMs = atMs, atMs *= 2) {
      await this.#timer.wait(atMs - waitedMs, ended);
      if (ended.aborted) return;
      this.#print(`${positionText(position)}: running for ${span(atMs)}, killed after ${span(this.#timeoutMs)}`);
    }
  }
}
