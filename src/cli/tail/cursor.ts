/** Stores the position of a tail in a file, so that the next run resumes after it. */

import { LedgerError, type TailOptions, type TailProgress } from '../../index.ts';
import { CursorStore, isWhole } from '../state/cursor-store.ts';

interface Cursor {
  /** The ledger's uuid. */
  readonly ledger: string;
  /** Flags of the output. */
  readonly output: string;
  /** The last sequence that was delivered or filtered out. */
  readonly tailed: number;
  /** Whether an event was printed: the output has a beginning then, such as a header. */
  readonly isBegun: boolean;
}

export class TailCursor {
  readonly #store: CursorStore<Cursor>;
  readonly #ledger: string;
  readonly #output: string;
  readonly #kept: Pick<Cursor, 'tailed' | 'isBegun'> | null;

  /**
   * `ledger`: its uuid. `output`: its flags. `beforeSave`: syncs the delivered output. @throws LedgerError INPUT_UNREADABLE for a file that is not a
   * cursor, CURSOR_CONFLICT for that of another ledger or output
   */
  constructor(path: string, { ledger, output }: { ledger: string; output: string }, beforeSave: () => void) {
    this.#store = new CursorStore(path, 'tail', beforeSave);
    this.#ledger = ledger;
    this.#output = output;
    this.#kept = this.#read();
  }

  /** Returns the options with the start after the stored position. */
  resume(options: TailOptions): TailOptions {
    if (this.#kept === null) return options;
    const { range: _, from: __, last: ___, ...rest } = options;
    return { ...rest, fromSequence: this.#kept.tailed + 1 };
  }

  /** @throws LedgerError VERIFICATION_FAILED if the stored position is past `head`, the head of the ledger */
  checkReached(head: number): void {
    if (this.#kept === null || this.#kept.tailed <= head) return;
    throw new LedgerError('VERIFICATION_FAILED', {
      message: `the cursor is at sequence ${this.#kept.tailed}, past the head ${head} of the ledger: is it an older copy?`,
      hint: 'verify the ledger with a head kept elsewhere: completengine inspect --expect-head SEQUENCE:HASH; or start with another cursor file',
      details: { tailed: this.#kept.tailed, head },
    });
  }

  /** Whether an earlier run has begun the document of the output; undefined without an earlier run. */
  get isBegun(): boolean | undefined {
    return this.#kept?.isBegun;
  }

  /** After each delivery. `isBegun`: whether this run has printed an event. @throws LedgerError IO_FAILED */
  advance({ through }: TailProgress, isBegun: boolean): void {
    if (through === this.#kept?.tailed) return;
    this.#store.advance({
      ledger: this.#ledger,
      output: this.#output,
      tailed: through,
      isBegun: isBegun || this.#kept?.isBegun === true,
    });
  }

  /** Writes the last state to disk. @throws LedgerError IO_FAILED */
  save(): void {
    this.#store.save();
  }

  #read(): Pick<Cursor, 'tailed' | 'isBegun'> | null {
    const kept = this.#store.read();
    if (kept === null) return null;
    const { ledger, output, tailed, isBegun } = kept;
    if (typeof ledger !== 'string' || typeof output !== 'string' || !isWhole(tailed) || typeof isBegun !== 'boolean')
      throw this.#store.noCursor();
    if (ledger !== this.#ledger) throw this.#store.conflict('another ledger', 'ledger');
    if (output !== this.#output) throw this.#store.conflict(`another output: ${output}`, 'output');
    return { tailed, isBegun };
  }
}
