/** Sessions by the bytes of their keys: a number for each, dense, without making a text or an object of what a line says. */

import { asBuffer, byteAt, numberAt } from '../model/bytes.ts';
import type { SessionNumber } from '../model/session-pins.ts';
import { murmur2 } from './murmur2.ts';

const SESSIONS_AT_FIRST = 1024;
const BYTES_A_KEY = 16;

export class SessionTable {
  /** The keys one behind the other; number n is `#keys[#ends[n - 1], #ends[n])`. */
  #keys = Buffer.alloc(SESSIONS_AT_FIRST * BYTES_A_KEY);
  #ends = new Uint32Array(SESSIONS_AT_FIRST);
  #hashes = new Int32Array(SESSIONS_AT_FIRST);
  /** Open addressing, a power of two and at most half full. 0: free; otherwise number + 1. */
  #places = new Int32Array(SESSIONS_AT_FIRST * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the key `bytes[start, end)`; one that is new gets the next number, which is {@link size} before the call. */
  numberOf(bytes: Uint8Array, start: number, end: number): SessionNumber {
    if (this.#size === this.#ends.length) this.#grow();
    const hash = murmur2(bytes, start, end);
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (let found = numberAt(this.#places, place); found !== 0; found = numberAt(this.#places, place)) {
      if (this.#hashes[found - 1] === hash && this.#isAt(found - 1, bytes, start, end)) return found - 1;
      place = (place + 1) & mask;
    }
    return this.#add(bytes, start, end, hash, place);
  }

  textOf(session: SessionNumber): string {
    return this.#keys.toString('utf8', this.#startOf(session), this.#ends[session]);
  }

  #startOf(session: SessionNumber): number {
    return session === 0 ? 0 : numberAt(this.#ends, session - 1);
  }

  #isAt(session: SessionNumber, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#startOf(session);
    const length = end - start;
    if (numberAt(this.#ends, session) - from !== length) return false;
    for (let at = 0; at < length; at++) if (byteAt(this.#keys, from + at) !== byteAt(bytes, start + at)) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, place: number): SessionNumber {
    const session = this.#size;
    const from = this.#startOf(session);
    const to = from + end - start;
    if (to > this.#keys.length) {
      const grown = Buffer.alloc(to * 2);
      this.#keys.copy(grown, 0, 0, from);
      this.#keys = grown;
    }
    asBuffer(bytes).copy(this.#keys, from, start, end);
    this.#ends[session] = to;
    this.#hashes[session] = hash;
    this.#places[place] = session + 1;
    this.#size++;
    return session;
  }

  /** Room for as many again. */
  #grow(): void {
    const rows = this.#ends.length * 2;
    const [ends, hashes, places] = [new Uint32Array(rows), new Int32Array(rows), new Int32Array(rows * 2)];
    ends.set(this.#ends);
    hashes.set(this.#hashes);
    const mask = places.length - 1;
    for (let session = 0; session < this.#size; session++) {
      let place = numberAt(hashes, session) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = session + 1;
    }
    [this.#ends, this.#hashes, this.#places] = [ends, hashes, places];
  }
}
