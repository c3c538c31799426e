/** Prints receipts to standard output, and stops the run when the output pipe is closed. */

import { type CommittedEvents, StreamWriter } from '../../index.ts';
import type { Interrupt } from '../app/interrupt.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import { receiptLines } from './emission-text.ts';

export class ReceiptPrinter {
  readonly #interrupt: Interrupt;
  readonly #output: StreamWriter;
  readonly #reader: { close(): void };
  #hasReader = true;

  constructor(interrupt: Interrupt) {
    this.#interrupt = interrupt;
    this.#output = new StreamWriter(process.stdout, interrupt.signal);
    this.#reader = watchReader(() => this.#onReaderGone());
  }

  get hasReader(): boolean {
    return this.#hasReader;
  }

  async print(events: CommittedEvents, place: { source: string; firstLine: number }): Promise<void> {
    if (this.#interrupt.signal.aborted) return;
    const isRead = await this.#output.write(receiptLines(events, place));
    if (!isRead && !this.#interrupt.signal.aborted) this.#onReaderGone();
  }

  close(): void {
    this.#reader.close();
  }

  #onReaderGone(): void {
    this.#hasReader = false;
    this.#interrupt.abort();
  }
}
