/** The last heads of a log: what writers say that they have seen is compared with them. Pure. */

import { LedgerError } from '../../../model/ledger-error.ts';
import type { LedgerState } from '../../protocol/ledger-state.ts';
import type { Seen } from '../format/messages.ts';

/** Writers look back no further than what they have on its way: 8 MiB, in small messages some 16,000 of them. */
const HEADS_MAX = 16_384;

export class SeenHeads {
  /** By position; each is the head until the next one. */
  #heads: Seen[];

  constructor(position: number, ledger: Pick<LedgerState, 'sequence' | 'hash'>) {
    this.#heads = [{ position, sequence: ledger.sequence, hash: ledger.hash }];
  }

  copy(): SeenHeads {
    const copy = new SeenHeads(0, { sequence: 0, hash: Buffer.alloc(0) });
    copy.#heads = [...this.#heads];
    return copy;
  }

  add(position: number, { sequence, hash }: Pick<LedgerState, 'sequence' | 'hash'>): void {
    this.#heads.push({ position, sequence, hash });
    if (this.#heads.length > 2 * HEADS_MAX) this.#heads = this.#heads.slice(-HEADS_MAX);
  }

  /** `position`: of the message that says so. @throws LedgerError VERIFICATION_FAILED where another head was seen */
  check(seen: Seen, position: number): void {
    const head = seen.position < position ? this.#at(seen.position) : null;
    if (head === undefined) return;
    if (head !== null && head.sequence === seen.sequence && head.hash.equals(seen.hash)) return;
    throw new LedgerError('VERIFICATION_FAILED', {
      message: `message ${position} of the log was written after the head ${seen.sequence}:${seen.hash.toString('hex')}, which the messages before it do not make`,
      hint: 'the log has lost or changed messages: compare the ledger with a copy that was made elsewhere',
      details: { position, sequence: seen.sequence },
    });
  }

  /** The head after the message at this position; undefined if it is too old to be known. */
  #at(position: number): Seen | undefined {
    let [low, high] = [0, this.#heads.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#heads[middle] as Seen).position <= position) low = middle + 1;
      else high = middle;
    }
    return this.#heads[low - 1];
  }
}
