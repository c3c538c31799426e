/** What a measurement finds, as the document of --json. Later ones add figures; none changes its meaning. */

import type { Machine } from './machine.ts';
import type { Latencies } from './samples.ts';
import type { BenchSettings } from './settings.ts';

export const DOCUMENT_KIND = 'completengine bench';

/** The time of a whole input through whole processes: the median of the rounds. */
export interface Throughput {
  readonly wallMs: number;
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Without what a process takes that emits one event; null where the input is too small to tell. */
  readonly netEventsPerSecond: number | null;
  /** In the order in which they were run. */
  readonly roundsMs: readonly number[];
}

export interface Emission extends Throughput {
  readonly commits: number;
  /** Most memory the process ever held; null where it cannot be known. */
  readonly peakResidentBytes: number | null;
}

/** Whole processes. */
export interface Start {
  readonly nodeMs: number;
  readonly emitOneMs: number;
  /** `emit` of one event in times of a Node that does nothing. */
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
  /** False where it is too fast to have reached a disk. */
  readonly seemsToFlush: boolean;
}

export interface Figures {
  readonly emit: Emission;
  readonly start: Start;
  readonly commit: SingleCommits;
  /** From the acknowledgement of a commit until its line had come out of `tail -f` in another process. */
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
