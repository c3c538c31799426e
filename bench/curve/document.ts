/** The document that a run writes, and that the plots are drawn from. */

import type { Machine } from '../../src/cli/bench/machine.ts';

/** One whole process, from its start to its exit. */
export interface Figures {
  /** Processor time, of the user and of the system. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakBytes: number;
}

/** The median of each figure over the rounds. */
export interface Measured extends Figures {
  readonly rounds: number;
}

/** What was measured at one value of what is varied. */
export interface Point {
  /** Events, partitions, bytes, emitters or parked events. */
  readonly value: number;
  /** By the name of the work. */
  readonly work: Readonly<Record<string, Measured>>;
  /** Numbers that belong to it: how many events the work was, the bytes of the ledger. */
  readonly facts: Readonly<Record<string, number>>;
}

export const CURVES = ['events', 'partitions', 'payloads', 'emitters', 'parked'] as const;
export type CurveName = (typeof CURVES)[number];

export interface Curve {
  readonly measuredAt: string;
  /** Load averages of a minute, before and after: other work on the machine lengthens the wall time first, and then the processor time. */
  readonly load: readonly [before: number, after: number];
  readonly machine: Machine;
  readonly points: readonly Point[];
}

/** A run replaces the curves that it measures, and keeps the others. */
export type CurveDocument = Readonly<Partial<Record<CurveName, Curve>>>;
