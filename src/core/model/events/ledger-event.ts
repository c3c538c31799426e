/** One committed event as an object. No I/O. */

import { type InspectOptions, inspect } from 'node:util';
import type { Micros } from '../time/time.ts';

type Facts = Omit<LedgerEvent, 'text' | 'json' | 'toJSON' | typeof inspect.custom>;

/** One committed event. */
export class LedgerEvent {
  /** Position in the ledger: 1-based, dense, the total order. */
  readonly sequence: number;
  /** Name of its partition. */
  readonly partition: string;
  /** Position in its partition: 0-based, dense. */
  readonly offset: number;
  /** Integer microseconds since the epoch, never decreasing with sequence. */
  readonly time: Micros;
  /** Key that the router read, or was given; null if the routing reads no key. */
  readonly key: string | null;
  /** The exact bytes of the line, its end excluded. */
  readonly payload: Buffer;

  /** @internal */
  constructor({ sequence, partition, offset, time, key, payload }: Facts) {
    this.sequence = sequence;
    this.partition = partition;
    this.offset = offset;
    this.time = time;
    this.key = key;
    this.payload = payload;
  }

  /** The payload as it was written. */
  text(): string {
    return this.payload.toString('utf8');
  }

  /**
   * The payload parsed, once per call. Numbers become doubles: one with more than 15 digits is exact only in
   * `text()`.
   */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** For `JSON.stringify`: the payload is its text, because bytes would become a list of numbers. */
  toJSON(): Omit<Facts, 'payload'> & { readonly payload: string } {
    return { ...this, payload: this.text() };
  }

  /** @internal `console.log` shows the payload as text, with control characters as codes. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `LedgerEvent ${inspect(this.toJSON(), options)}`;
  }
}
