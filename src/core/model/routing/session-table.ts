/** Numbers sessions by the bytes of their keys, densely, without creating a text or an object per line. */

import { asBuffer, byteAt, numberAt } from '../text/bytes.ts';
import { murmur2 } from './murmur2.ts';
import type { SessionNumber } from './session-pins.ts';

const SESSIONS_AT_FIRST = 1024;
const BYTES_A_KEY = 16;
/**
 * A slot is four words, so that a lookup costs one cache line: number + 1 (0: free), hash, and the bounds of the key.
 */
const WORDS = 4;
/**
 * Keys can be chosen to collide. A key that finds no free slot within this many probes goes to a Map, where collisions
 * do no harm.
 */
const PROBES_MAX = 128;
/** Keys of usual length are copied by a loop: a call takes longer. */
const LOOPED_BYTES = 48;
/** Words are sorted by this many bits at a time, in three rounds; few words by a comparison. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;
const SINGLE_WORDS_MAX = 64;
/** Bytes of such a key in a Map, without the key itself. */
const CROWDED_BYTES = 128;

export class SessionTable {
  /** The keys concatenated, in the order of their numbers. */
  #keys = Buffer.alloc(SESSIONS_AT_FIRST * BYTES_A_KEY);
  /** End of each key, by number. */
  #ends = new Int32Array(SESSIONS_AT_FIRST);
  /** Open addressing: a power of two of slots, at most half of them taken. */
  #places = new Int32Array(SESSIONS_AT_FIRST * 2 * WORDS);
  /** Keys that found no free slot. */
  readonly #crowded = new Map<string, SessionNumber>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * The number of the key `bytes[start, end)`; a new key gets the next number, which is {@link size} before the call.
   */
  numberOf(bytes: Uint8Array, start: number, end: number): SessionNumber {
    if (this.#size === this.#ends.length) this.#grow();
    const hash = murmur2(bytes, start, end);
    const places = this.#places;
    const last = places.length / WORDS - 1;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const at = ((hash + probe) & last) * WORDS;
      if (places[at] === 0) return this.#crowdedNumber(bytes, start, end) ?? this.#add(bytes, start, end, hash, at);
      if (
        places[at + 1] === hash &&
        this.#isSame(numberAt(places, at + 2), numberAt(places, at + 3), bytes, start, end)
      )
        return numberAt(places, at) - 1;
    }
    return this.#crowdedNumber(bytes, start, end) ?? this.#add(bytes, start, end, hash, null);
  }

  /** The number of the key `bytes[start, end)`; null if it has none. */
  find(bytes: Uint8Array, start: number, end: number): SessionNumber | null {
    const hash = murmur2(bytes, start, end);
    const places = this.#places;
    const last = places.length / WORDS - 1;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const at = ((hash + probe) & last) * WORDS;
      if (places[at] === 0) break;
      if (
        places[at + 1] === hash &&
        this.#isSame(numberAt(places, at + 2), numberAt(places, at + 3), bytes, start, end)
      )
        return numberAt(places, at) - 1;
    }
    return this.#crowdedNumber(bytes, start, end) ?? null;
  }

  /**
   * As {@link numberOf} for many keys: the nth is `bytes[starts[n], ends[n])`, and its number goes to `numbers[n]`. Each step is made for all of them before the
   * next one, because the table is larger than the processor's cache: it then waits for many keys at once, not for one after the other.
   */
  numbersOf(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, numbers: Int32Array): void {
    for (let nth = 0; nth < numbers.length; nth++)
      numbers[nth] = murmur2(bytes, numberAt(starts, nth), numberAt(ends, nth));
    this.#guess(numbers);
    const places = this.#places;
    for (let nth = 0; nth < numbers.length; nth++) {
      const at = numberAt(numbers, nth);
      const start = numberAt(starts, nth);
      const end = numberAt(ends, nth);
      numbers[nth] =
        at >= 0 && this.#isSame(numberAt(places, at + 2), numberAt(places, at + 3), bytes, start, end)
          ? numberAt(places, at) - 1
          : this.numberOf(bytes, start, end);
    }
  }

  /** Replaces hashes by the slots that have them, or by -1 where the first slot does not. */
  #guess(hashes: Int32Array): void {
    const places = this.#places;
    const last = places.length / WORDS - 1;
    for (let nth = 0; nth < hashes.length; nth++) {
      const hash = numberAt(hashes, nth);
      const at = (hash & last) * WORDS;
      hashes[nth] = places[at + 1] === hash && places[at] !== 0 ? at : -1;
    }
  }

  /** Approximate memory in bytes. */
  get bytes(): number {
    return this.#keys.length + this.#ends.byteLength + this.#places.byteLength + this.#crowded.size * CROWDED_BYTES;
  }

  textOf(session: SessionNumber): string {
    return this.#keys.toString('utf8', this.#startOf(session), this.#ends[session]);
  }

  /** A view until the next key is added. */
  keyOf(session: SessionNumber): Uint8Array {
    return this.#keys.subarray(this.#startOf(session), this.#ends[session]);
  }

  /** The keys of these sessions, concatenated, and the end of each. */
  keysOf(sessions: Int32Array): { keys: Uint8Array; ends: Uint32Array } {
    const starts = new Uint32Array(sessions.length);
    const ends = new Uint32Array(sessions.length);
    let bytes = 0;
    for (let at = 0; at < sessions.length; at++) {
      const session = numberAt(sessions, at);
      const start = this.#startOf(session);
      starts[at] = start;
      bytes += numberAt(this.#ends, session) - start;
      ends[at] = bytes;
    }
    const keys = new Uint8Array(bytes);
    for (let at = 0, into = 0; at < sessions.length; at++) {
      const end = numberAt(ends, at);
      this.#copyKey(keys, into, end, numberAt(starts, at));
      into = end;
    }
    return { keys, ends };
  }

  #copyKey(into: Uint8Array, from: number, to: number, start: number): void {
    if (to - from > LOOPED_BYTES) into.set(this.#keys.subarray(start, start + to - from), from);
    else for (let at = from; at < to; at++) into[at] = byteAt(this.#keys, start + at - from);
  }

  #keyBytes(session: SessionNumber): number {
    return numberAt(this.#ends, session) - this.#startOf(session);
  }

  /**
   * The places of these sessions in key order, so that a table of them is read sequentially; approximate, by the four
   * bytes after the common prefix of all keys. Keys equal in these keep their order.
   */
  inKeyOrder(sessions: Int32Array): Uint32Array {
    const from = this.#commonBytes(sessions);
    const words = new Uint32Array(sessions.length);
    for (let at = 0; at < sessions.length; at++) words[at] = this.#wordAt(numberAt(sessions, at), from);
    return placesInOrder(words);
  }

  /** Length in bytes of the common prefix of all keys. */
  #commonBytes(sessions: Int32Array): number {
    if (sessions.length === 0) return 0;
    const keys = this.#keys;
    const first = this.#startOf(numberAt(sessions, 0));
    let common = this.#keyBytes(numberAt(sessions, 0));
    for (let at = 1; at < sessions.length && common > 0; at++) {
      const session = numberAt(sessions, at);
      const start = this.#startOf(session);
      common = Math.min(common, this.#keyBytes(session));
      for (let byte = 0; byte < common; byte++)
        if (byteAt(keys, start + byte) !== byteAt(keys, first + byte)) common = byte;
    }
    return common;
  }

  /** Four bytes of a key as a number that sorts like them; bytes past its end are zero. */
  #wordAt(session: SessionNumber, offset: number): number {
    const start = this.#startOf(session) + offset;
    const end = numberAt(this.#ends, session);
    let word = 0;
    for (let at = start; at < start + 4; at++) word = word * 256 + (at < end ? byteAt(this.#keys, at) : 0);
    return word;
  }

  #startOf(session: SessionNumber): number {
    return session === 0 ? 0 : numberAt(this.#ends, session - 1);
  }

  #isSame(from: number, to: number, bytes: Uint8Array, start: number, end: number): boolean {
    const keys = this.#keys;
    const shift = from - start;
    if (to - shift !== end) return false;
    for (let at = start; at < end; at++) if (byteAt(keys, at + shift) !== byteAt(bytes, at)) return false;
    return true;
  }

  #crowdedNumber(bytes: Uint8Array, start: number, end: number): SessionNumber | undefined {
    return this.#crowded.size === 0 ? undefined : this.#crowded.get(asBuffer(bytes).toString('latin1', start, end));
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, place: number | null): SessionNumber {
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
    if (place === null) this.#crowded.set(asBuffer(bytes).toString('latin1', start, end), session);
    else this.#places.set([session + 1, hash, from, to], place);
    this.#size++;
    return session;
  }

  /** Doubles the capacity. */
  #grow(): void {
    const ends = new Int32Array(this.#ends.length * 2);
    ends.set(this.#ends);
    const before = this.#places;
    const places = new Int32Array(before.length * 2);
    for (let old = 0; old < before.length; old += WORDS) {
      if (before[old] === 0) continue;
      const place = freePlace(places, numberAt(before, old + 1));
      const session = numberAt(before, old) - 1;
      if (place === null)
        this.#crowded.set(this.#keys.toString('latin1', this.#startOf(session), this.#ends[session]), session);
      else places.set(before.subarray(old, old + WORDS), place);
    }
    [this.#ends, this.#places] = [ends, places];
  }
}

/** The first word of a free slot for the hash; null if too many neighbours are taken. */
function freePlace(places: Int32Array, hash: number): number | null {
  const last = places.length / WORDS - 1;
  for (let probe = 0; probe < PROBES_MAX; probe++) {
    const at = ((hash + probe) & last) * WORDS;
    if (places[at] === 0) return at;
  }
  return null;
}

/** The places of words in ascending order; equal ones keep their order. Twice as fast as sorting them as numbers. */
function placesInOrder(words: Uint32Array): Uint32Array {
  let places = Uint32Array.from(words.keys());
  if (words.length <= SINGLE_WORDS_MAX)
    return places.sort((one, other) => numberAt(words, one) - numberAt(words, other));
  let sorted = new Uint32Array(words.length);
  const next = new Uint32Array(DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    next.fill(0);
    for (let at = 0; at < words.length; at++) {
      const digit = (numberAt(words, at) >>> shift) & (DIGITS - 1);
      next[digit] = numberAt(next, digit) + 1;
    }
    let sum = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const count = numberAt(next, digit);
      next[digit] = sum;
      sum += count;
    }
    for (let at = 0; at < words.length; at++) {
      const place = numberAt(places, at);
      const digit = (numberAt(words, place) >>> shift) & (DIGITS - 1);
      const to = numberAt(next, digit);
      sorted[to] = place;
      next[digit] = to + 1;
    }
    [places, sorted] = [sorted, places];
  }
  return places;
}
