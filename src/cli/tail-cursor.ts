/** Keeps in a file how far a tail was delivered, so that the next one goes on behind it. */

import { LedgerError, type Sink, type TailOptions } from '../index.ts';
import { readSmallFile, writeAtomically } from './atomic-file.ts';

/** Deliveries may come by the thousand a second, and each writing waits for the disk. */
const SAVE_EVERY_MS = 200;

export class TailCursor {
  readonly #path: string;
  readonly #ledger: string;
  readonly #kept: number | null;
  #delivered: number | null = null;
  #savedAt = 0;

  /** `ledger`: its uuid. @throws LedgerError INPUT_UNREADABLE for a file that is no cursor, CURSOR_CONFLICT for that of another ledger */
  constructor(path: string, ledger: string) {
    this.#path = path;
    this.#ledger = ledger;
    const text = readSmallFile(path);
    this.#kept = text === null ? null : this.#parse(text);
  }

  /** Behind what was delivered before; the rest of what was asked for holds. */
  resume(options: TailOptions): TailOptions {
    if (this.#kept === null) return options;
    return { ...options, from: this.#kept + 1, since: undefined, last: undefined };
  }

  /** A sink that remembers what another has taken. */
  keeping(sink: Sink): Sink {
    return {
      deliver: async (batches, labels) => {
        const isTaken = await sink.deliver(batches, labels);
        const last = isTaken ? batches.findLast(({ count }) => count > 0)?.span?.lastSequence : undefined;
        if (last !== undefined) this.#advance(last);
        return isTaken;
      },
    };
  }

  /** Puts the last state on the disk. @throws LedgerError IO_FAILED */
  save(): void {
    if (this.#delivered === null) return;
    writeAtomically(this.#path, `${JSON.stringify({ ledger: this.#ledger, tailed: this.#delivered })}\n`);
    this.#delivered = null;
    this.#savedAt = performance.now();
  }

  #advance(sequence: number): void {
    this.#delivered = sequence;
    if (performance.now() - this.#savedAt >= SAVE_EVERY_MS) this.save();
  }

  #parse(text: string): number {
    const { ledger, tailed } = this.#read(text);
    if (typeof ledger !== 'string' || !Number.isSafeInteger(tailed) || (tailed as number) < 0) throw this.#noCursor();
    if (ledger !== this.#ledger) {
      throw new LedgerError('CURSOR_CONFLICT', {
        message: `the cursor in ${this.#path} is that of another ledger`,
        hint: 'give each ledger a cursor file of its own',
      });
    }
    return tailed as number;
  }

  #read(text: string): { ledger?: unknown; tailed?: unknown } {
    try {
      return Object(JSON.parse(text));
    } catch (error) {
      throw this.#noCursor(error);
    }
  }

  #noCursor(cause?: unknown): LedgerError {
    return new LedgerError('INPUT_UNREADABLE', { message: `${this.#path} is no cursor of a tail`, hint: 'name another file', cause });
  }
}
