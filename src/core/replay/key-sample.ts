/**
 * Counts distinct keys, and those with a mark, in bounded memory: exact up to a limit, then estimated from a sample
 * that thins out as it fills.
 */

import { blake3 } from '../native/blake3.ts';

const KEYS_MAX = 262_144;

export class KeySample {
  readonly #keysMax: number;
  /** Marks by the key's hash. */
  readonly #marks = new Map<number, boolean>();
  /** Only hashes divisible by this power of two are kept: 1 key in N. */
  #oneIn = 1;

  constructor(keysMax: number = KEYS_MAX) {
    this.#keysMax = keysMax;
  }

  add(key: string, isMarked: boolean): void {
    // 48 bits: among a million keys, one run in five hundred has a collision
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
