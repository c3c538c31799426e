/** Queues calls that wait for a commit, in order of arrival: neighbours with the same routing override share a commit, up to the size of a chunk. */

import type { Anchor } from '../../model/events/head.ts';
import type { RoutingOverride } from '../../model/routing/router.ts';
import type { EventReceipt } from './event-receipt.ts';

export interface Call {
  readonly lines: readonly Buffer[];
  readonly override: RoutingOverride;
  /** Its commit is made only at this head, and is its own; undefined: at any. */
  readonly expectedHead: Anchor | undefined;
  readonly bytes: number;
  resolve(receipts: EventReceipt[]): void;
  reject(error: unknown): void;
}

/** Below this number the calls that were taken stay in the list. */
const TAKEN_MIN = 1024;

export class CallQueue {
  readonly #bytesMax: number;
  #calls: Call[] = [];
  /** Calls before this index were taken. Removing them one by one moved all waiting calls: 200,000 calls with keys of their own took minutes. */
  #next = 0;

  /** `bytesMax`: of calls that share a commit. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#next === this.#calls.length;
  }

  push(call: Call): void {
    this.#calls.push(call);
  }

  /** The next calls that share a commit; empty if no call waits. */
  take(): Call[] {
    const first = this.#calls[this.#next];
    if (first === undefined) return [];
    let bytes = first.bytes;
    let end = this.#next + 1;
    for (; end < this.#calls.length; end++) {
      const call = this.#calls[end] as Call;
      bytes += call.bytes;
      if (bytes > this.#bytesMax || !mayShare(call, first)) break;
    }
    const taken = this.#calls.slice(this.#next, end);
    this.#next = end;
    this.#dropTaken();
    return taken;
  }

  #dropTaken(): void {
    if (this.#next < TAKEN_MIN || this.#next * 2 < this.#calls.length) return;
    this.#calls = this.#calls.slice(this.#next);
    this.#next = 0;
  }
}

function mayShare(one: Call, other: Call): boolean {
  const isAnyHead = one.expectedHead === undefined && other.expectedHead === undefined;
  return isAnyHead && one.override.key === other.override.key && one.override.to === other.override.to;
}
