/** The sizes of a run. */

import type { CurveName } from './document.ts';

export interface Sizes {
  readonly rounds: number;
  readonly events: readonly number[];
  readonly partitions: readonly number[];
  /** Events that go through the partitions. */
  readonly partitionEvents: number;
  readonly payloads: readonly number[];
  /** Bytes of all payloads of one length. */
  readonly payloadBytes: number;
  readonly emitters: readonly number[];
  /** How long they emit. */
  readonly emitterSeconds: number;
  readonly parked: readonly number[];
  /** Events that are delivered beside them. */
  readonly delivered: number;
}

const FULL: Sizes = {
  rounds: 3,
  events: [1e4, 1e5, 1e6, 1e7],
  partitions: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  partitionEvents: 1e6,
  payloads: [10, 32, 100, 316, 1000, 3162, 10_000, 31_623, 100_000, 316_228, 1_048_576],
  payloadBytes: 100e6,
  emitters: [1, 2, 4, 8, 16, 24],
  emitterSeconds: 2,
  parked: [1, 10, 100, 1000, 1e4, 1e5, 1e6],
  delivered: 10_000,
};

/** Everything once and small: that it works. */
const QUICK: Sizes = {
  rounds: 1,
  events: [1, 3000],
  partitions: [1, 3],
  partitionEvents: 2000,
  payloads: [10, 20, 1000],
  payloadBytes: 20_000,
  emitters: [1, 2],
  emitterSeconds: 0.05,
  parked: [1, 20],
  delivered: 10,
};

/** `huge`: with a hundred million events, 4.5 GB of input and a ledger of 6.3 GB. */
export function sizesOf({ quick, huge }: { readonly quick: boolean; readonly huge: boolean }): Sizes {
  if (quick) return QUICK;
  return huge ? { ...FULL, events: [...FULL.events, 1e8] } : FULL;
}

/** Room for the largest input and its ledger. */
export function bytesNeeded(sizes: Sizes, curves: readonly CurveName[]): number {
  const events = curves.includes('events') ? Math.max(...sizes.events) : 0;
  return 120 * Math.max(events, sizes.partitionEvents, ...sizes.parked) + 3 * sizes.payloadBytes;
}
