/** Writes seals: of a state at which one is due, and at the end of a process that has written. A seal that cannot be written is left to the next writer. */

import type { Fold } from '../fold/fold.ts';
import { formatState } from '../fold/state-text.ts';
import { cutState, encodeSeal, encodeSealPart, SEAL_BYTES_MAX } from '../format/seal.ts';
import type { OrderedLog } from '../ordered-log.ts';

/** From this many messages behind the last seal on, a process that ends writes one: fewer are folded faster than a seal is read. */
const MESSAGES_AT_END = 64;

export class Sealer {
  readonly #log: OrderedLog;
  readonly #fold: Fold;
  readonly #partBytes: number;
  #last: Promise<void> = Promise.resolve();
  /** Position of the state that was sealed last. */
  #sealed: number;

  constructor(log: OrderedLog, fold: Fold, partBytes = SEAL_BYTES_MAX) {
    this.#log = log;
    this.#fold = fold;
    this.#partBytes = Math.min(partBytes, Math.floor(log.messageBytesMax / 2));
    this.#sealed = fold.state.position;
  }

  /** Seals the state of this moment. */
  seal(): void {
    const text = formatState(this.#fold.state);
    const { seen } = this.#fold;
    this.#sealed = seen.position;
    this.#last = this.#last
      .then(async () => {
        const bodies = cutState(text, this.#partBytes);
        const parts: number[] = [];
        for (const body of bodies.slice(0, -1)) parts.push((await this.#log.append(encodeSealPart(body))) as number);
        const { uuid: ledger } = this.#fold.genesis.ledger;
        await this.#log.append(encodeSeal({ ledger, seen, parts }, text, bodies.at(-1) as Buffer));
      })
      .catch(() => {});
  }

  /** Waits for the seals that are being written, and writes one if enough has come since the last. */
  async end(hasWritten: boolean): Promise<void> {
    if (hasWritten && this.#fold.state.position - this.#sealed >= MESSAGES_AT_END) this.seal();
    await this.#last;
  }
}
