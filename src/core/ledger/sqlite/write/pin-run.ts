/**
 * The pins of one commit, or the newest ones of many, as bytes: a row of `recent_sessions`. For each session the length of its key, the key in UTF-8, its partition and, where sessions
 * end, when it was last seen, in microseconds after the row's `from_time`. Numbers are LEB128: seven bits in a byte, the lowest first. No SQL.
 */

import type { DraftedPins } from '../../../model/routing/session-pins.ts';
import { byteAt, numberAt } from '../../../model/text/bytes.ts';
import { type Micros, NO_TIME } from '../../../model/time/time.ts';
import { damaged } from '../connection/rows.ts';

/** What a number takes at most: it is below 2^53. */
const NUMBER_BYTES_MAX = 8;

export interface PinRun {
  /** From which the times count; null where pins have no end. */
  readonly fromTime: Micros | null;
  readonly pins: Buffer;
}

/** `hasTimes`: whether sessions end. */
export function encodePins(pins: DraftedPins, hasTimes: boolean): PinRun {
  const fromTime = hasTimes ? leastOf(pins.lastSeen) : null;
  // a length and a partition take fewer than four bytes
  const into = Buffer.allocUnsafe(pins.keys.length + pins.count * (8 + NUMBER_BYTES_MAX));
  let at = 0;
  for (let nth = 0; nth < pins.count; nth++) {
    at = putPin(into, at, pins, nth);
    if (fromTime !== null) at = putNumber(into, at, numberAt(pins.lastSeen, nth) - fromTime);
  }
  return { fromTime, pins: into.subarray(0, at) };
}

function leastOf(times: Float64Array): Micros {
  let least = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < times.length; nth++) least = Math.min(least, numberAt(times, nth));
  return least;
}

/** Without the time. A function of its own: V8 compiled the whole loop, and threw the code away again in each commit. */
function putPin(into: Buffer, place: number, { keys, ends, partitions }: DraftedPins, nth: number): number {
  const end = numberAt(ends, nth);
  let from = nth === 0 ? 0 : numberAt(ends, nth - 1);
  let at = putNumber(into, place, end - from);
  for (; from < end; from++) into[at++] = byteAt(keys, from);
  return putNumber(into, at, numberAt(partitions, nth));
}

/** Beyond 2^31 without bit operations. */
function putNumber(into: Buffer, place: number, number: number): number {
  let at = place;
  let rest = number;
  for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 128;
  for (; rest > 127; rest >>>= 7) into[at++] = (rest & 127) | 128;
  into[at++] = rest;
  return at;
}

/** Reads a run pin by pin. It may be damaged. */
export class PinRunReader {
  readonly #run: PinRun;
  #at = 0;
  /** The key of this pin is `run.pins[keyStart, keyEnd)`. */
  keyStart = 0;
  keyEnd = 0;
  partition = 0;
  /** NO_TIME where pins have no end: with null V8 would make an object of each time. */
  lastSeen: Micros = NO_TIME;

  constructor(run: PinRun) {
    this.#run = run;
  }

  /** Whether there is another pin, which is read then. @throws LedgerError VERIFICATION_FAILED */
  next(): boolean {
    const { pins } = this.#run;
    if (this.#at === pins.length) return false;
    const bytes = this.#number();
    this.keyStart = this.#at;
    this.#at += bytes;
    this.keyEnd = this.#at;
    if (this.#at > pins.length) throw damagedRun();
    this.#readPin();
    return true;
  }

  /** Reads the pin again whose key ends here. */
  readAt(keyEnd: number): void {
    this.#at = keyEnd;
    this.#readPin();
  }

  #readPin(): void {
    const { fromTime } = this.#run;
    this.partition = this.#number();
    if (fromTime === null) return;
    this.lastSeen = fromTime + this.#number();
    if (!Number.isSafeInteger(this.lastSeen)) throw damagedRun();
  }

  #number(): number {
    const { pins } = this.#run;
    let number = 0;
    let weight = 1;
    for (const end = this.#at + NUMBER_BYTES_MAX; this.#at < Math.min(end, pins.length); weight *= 128) {
      const byte = byteAt(pins, this.#at++);
      number += (byte & 127) * weight;
      if (byte < 128) return number;
    }
    throw damagedRun();
  }
}

export function damagedRun(): Error {
  return damaged('run of pins', 'not one that is ever written');
}
