/**
 * How many bytes of one writer may be on their way: what the log takes in a short time, because the commits of others wait behind them. A fast log is given
 * more, and a slow one is not made faster by more: three synced copies took the same with 2 MiB and with 8. Pure.
 */

const MIB = 1024 * 1024;
/** Two messages of the largest size: one is on its way while the other is stored. */
const BYTES_MIN = 2 * MIB;
const BYTES_MAX = 8 * MIB;
/** A message should be answered within this time. */
const ANSWER_MS = 60;
const SHRINKING = 7 / 8;

export class SendWindow {
  #bytesMax = BYTES_MIN;

  /** Bytes that may be on their way together; a message that is alone may be longer. */
  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** Notes the answer to a message: after quick ones the window doubles with each round, and slow ones make it smaller. */
  answered(bytes: number, tookMs: number): void {
    const wanted = tookMs > ANSWER_MS ? this.#bytesMax * SHRINKING : this.#bytesMax + bytes;
    this.#bytesMax = Math.min(BYTES_MAX, Math.max(BYTES_MIN, Math.floor(wanted)));
  }
}
