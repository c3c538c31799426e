/** Counts distinct keys, and those with a mark, in bounded memory: exact up to a number of them, beyond it by a sample that thins out as it fills. */

import { blake3 } from '../native/blake3.ts';

const KEYS_MAX = 262_144;

export class KeySample {
  readonly #keysMax: number;
  /** Whether it has the mark, by the key's hash. */
  readonly #marks = new Map<number, boolean>();
  /** Kept are hashes that this power of two divides: one in so many keys. */
  #oneIn = 1;

  constructor(keysMax: number = KEYS_MAX) {
    this.#keysMax = keysMax;
  }

  add(key: string, isMarked: boolean): void {
    // 48 bits: among a million keys two of one hash are met in one of five hundred runs
    const hash = blake3(Buffer.from(key)).readUIntLE(0, 6);
    if (hash % this.#oneIn !== 0) return;
    this.#marks.set(hash, isMarked || this.#marks.get(hash) === true);
    if (this.#marks.size > this.#keysMax) this.#thinOut();
  }

  counts(): { readonly count: number; readonly marked: number; readonly isEstimate: boolean } {
    const marked = [...this.#marks.values()].filter((isMarked) => isMarked).length;
    return { count: this.#marks.size * this.#oneIn, marked: marked * this.#oneIn, isEstimate: this.#oneIn > 1 };
  }

  #thinOut(): void {
    this.#oneIn *= 2;
    for (const hash of [...this.#marks.keys()]) if (hash % this.#oneIn !== 0) this.#marks.delete(hash);
  }
}
