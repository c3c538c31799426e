/** Keeps in a file how far a tail was delivered, so that the next one goes on behind it. */

import { LedgerError, type TailOptions, type TailProgress } from '../../index.ts';
import { CursorStore, isWhole } from '../state/cursor-store.ts';

interface Cursor {
  /** The ledger's uuid. */
  readonly ledger: string;
  /** The last sequence that was delivered, or left out. */
  readonly tailed: number;
}

export class TailCursor {
  readonly #store: CursorStore<Cursor>;
  readonly #ledger: string;
  readonly #kept: number | null;

  /** `ledger`: its uuid. `beforeSave`: brings to the disk what was delivered. @throws LedgerError INPUT_UNREADABLE for a file that is no cursor, CURSOR_CONFLICT for that of another ledger */
  constructor(path: string, ledger: string, beforeSave: () => void) {
    this.#store = new CursorStore(path, 'tail', beforeSave);
    this.#ledger = ledger;
    this.#kept = this.#read();
  }

  /** Behind what was dealt with before; the rest of what was asked for holds. */
  resume(options: TailOptions): TailOptions {
    if (this.#kept === null) return options;
    return { ...options, from: this.#kept + 1, since: undefined, last: undefined };
  }

  /** @throws LedgerError VERIFICATION_FAILED where the ledger, whose head is at `head`, does not reach to what was delivered from it */
  checkReached(head: number): void {
    if (this.#kept === null || this.#kept <= head) return;
    throw new LedgerError('VERIFICATION_FAILED', {
      message: `the cursor is at sequence ${this.#kept}, past the head ${head} of the ledger: is it an older copy?`,
      hint: 'verify the ledger with a head kept elsewhere: completengine inspect --expect-head SEQUENCE:HASH; or start with another cursor file',
      details: { tailed: this.#kept, head },
    });
  }

  /** After each delivery. @throws LedgerError IO_FAILED */
  advance({ through }: TailProgress): void {
    if (through !== this.#kept) this.#store.advance({ ledger: this.#ledger, tailed: through });
  }

  /** Puts the last state on the disk. @throws LedgerError IO_FAILED */
  save(): void {
    this.#store.save();
  }

  #read(): number | null {
    const kept = this.#store.read();
    if (kept === null) return null;
    const { ledger, tailed } = kept;
    if (typeof ledger !== 'string' || !isWhole(tailed)) throw this.#store.noCursor();
    if (ledger !== this.#ledger) throw this.#store.conflict('another ledger', 'ledger');
    return tailed;
  }
}
