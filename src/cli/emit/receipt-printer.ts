/** Prints receipts to standard output, and stops the run when the output pipe is closed. */

import { type CommittedEvents, payloadForm, StreamSink } from '../../index.ts';
import type { Interrupt } from '../app/interrupt.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import { receiptLines } from './emission-text.ts';

export class ReceiptPrinter {
  readonly #interrupt: Interrupt;
  readonly #sink: StreamSink;
  readonly #reader: { close(): void };
  #hasReader = true;

  constructor(interrupt: Interrupt) {
    this.#interrupt = interrupt;
    this.#sink = new StreamSink(process.stdout, payloadForm, interrupt.signal);
    this.#reader = watchReader(() => this.#onReaderGone());
  }

  get hasReader(): boolean {
    return this.#hasReader;
  }

  async print(events: CommittedEvents, place: { source: string; firstLine: number }): Promise<void> {
    if (this.#interrupt.signal.aborted) return;
    const isRead = await this.#sink.write(receiptLines(events, place));
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
