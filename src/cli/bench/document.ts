/** The JSON document of a measurement. Later versions may add figures, but never change the meaning of one. */

import type { Machine } from './machine.ts';
import type { Latencies } from './samples.ts';
import type { BenchSettings } from './settings.ts';

export const DOCUMENT_KIND = 'completengine bench';

/** The time of a whole input through whole processes: the median of the rounds. */
export interface Throughput {
  readonly wallMs: number;
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Net of the time of a process that emits one event; null if the input is too small for that. */
  readonly netEventsPerSecond: number | null;
  /** In the order of the runs. */
  readonly roundsMs: readonly number[];
}

export interface Emission extends Throughput {
  readonly commits: number;
  /** Peak memory of the process; null if unknown. */
  readonly peakResidentBytes: number | null;
}

/** Whole processes. */
export interface Start {
  readonly nodeMs: number;
  readonly emitOneMs: number;
  /** Ratio of `emit` of one event to a Node that does nothing. */
  readonly ratioToNode: number;
}

/** Events committed one by one, each acknowledged before the next, within one process. */
export interface SingleCommits extends Latencies {
  readonly perSecond: number;
}

export interface Storage {
  readonly inputBytes: number;
  readonly ledgerBytes: number;
  readonly ratioToInput: number;
}

/** 4 KiB written and synced, without any database. */
export interface Fsync {
  readonly count: number;
  readonly medianMs: number;
  /** False if it is too fast for a real disk. */
  readonly seemsToFlush: boolean;
}

export interface Figures {
  readonly emit: Emission;
  readonly start: Start;
  readonly commit: SingleCommits;
  /** From the acknowledgement of a commit until `tail -f` in another process has printed its line. */
  readonly wakeup: Latencies;
  readonly replay: { readonly strict: Throughput; readonly relaxed: Throughput };
  readonly storage: Storage;
  readonly fsync: Fsync;
}

export interface BenchDocument {
  readonly kind: typeof DOCUMENT_KIND;
  readonly format: 1;
  readonly measuredAt: string;
  readonly settings: BenchSettings & { readonly time: string; readonly synchronous: string };
  readonly machine: Machine;
  readonly figures: Figures;
}
