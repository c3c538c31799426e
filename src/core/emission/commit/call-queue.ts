/** Calls that wait for a commit, first come first served: neighbours to which the same is given go together, up to the size of a chunk. */

import type { RoutingOverride } from '../../model/routing/router.ts';
import { CHUNK_BYTES } from '../input/chunk.ts';
import type { EventReceipt } from './commit-batcher.ts';

export interface Call {
  readonly lines: readonly Buffer[];
  readonly given: RoutingOverride;
  readonly bytes: number;
  resolve(receipts: EventReceipt[]): void;
  reject(error: unknown): void;
}

/** Below this the calls that are taken need not be cut off. */
const TAKEN_MIN = 1024;

export class CallQueue {
  #calls: Call[] = [];
  /** Calls before this were taken. Cutting them off one by one moved all that wait: 200,000 calls with keys of their own took minutes. */
  #next = 0;

  get isEmpty(): boolean {
    return this.#next === this.#calls.length;
  }

  push(call: Call): void {
    this.#calls.push(call);
  }

  /** The next calls that share a commit; at least one where there is one. */
  take(): Call[] {
    const first = this.#calls[this.#next];
    if (first === undefined) return [];
    let bytes = first.bytes;
    let end = this.#next + 1;
    for (; end < this.#calls.length; end++) {
      const call = this.#calls[end] as Call;
      bytes += call.bytes;
      if (bytes > CHUNK_BYTES || !isSameGiven(call.given, first.given)) break;
    }
    const taken = this.#calls.slice(this.#next, end);
    this.#next = end;
    this.#cutOff();
    return taken;
  }

  #cutOff(): void {
    if (this.#next < TAKEN_MIN || this.#next * 2 < this.#calls.length) return;
    this.#calls = this.#calls.slice(this.#next);
    this.#next = 0;
  }
}

function isSameGiven(one: RoutingOverride, other: RoutingOverride): boolean {
  return one.key === other.key && one.to === other.to;
}
