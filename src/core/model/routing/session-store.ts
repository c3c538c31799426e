/** What a router of sticky sessions keeps of each session, and how it assigns events by that. No I/O. */

import type { Micros } from '../time/time.ts';
import type { PartitionId } from './partition.ts';
import type { DraftedPins, SessionLines, SessionNumber } from './session-pins.ts';

/** Pins by place in a list of sessions. A partition of -1: none. */
export interface ListedPins {
  readonly sessions: Int32Array;
  readonly partitions: Int16Array;
  readonly lastSeen: Float64Array;
}

/** Keys of the lines of a chunk. */
export interface LineKeys {
  /** One after the other. */
  readonly keys: Uint8Array;
  /** By line: the end of its key, or {@link NO_KEY}. */
  readonly ends: Uint32Array;
}

export const NO_KEY = 0xffff_ffff;

export interface SessionStore {
  /** Of sessions, which have the numbers below this one. */
  readonly size: number;
  /** Approximate memory in bytes. */
  readonly bytes: number;
  /** The number of the key `bytes[start, end)`; a new key gets the next number. */
  numberOf(bytes: Uint8Array, start: number, end: number): SessionNumber;
  /** A view until the next call. */
  keyOf(session: SessionNumber): Uint8Array;
  /** The pin of a session as the ledger has it. */
  pinOf(session: SessionNumber): { readonly partition: PartitionId; readonly lastSeen: Micros };
  setPins(pins: ListedPins): void;
  /** Begins a draft; one that was not kept is discarded. */
  begin(loads: readonly number[]): void;
  assign(session: SessionNumber, time: Micros): PartitionId;
  assignLines(lines: SessionLines, limit: number, floor: Micros, now: Micros): void;
  count(partition: PartitionId): void;
  /** By how much the times of the draft may shift with every pin still valid. */
  readonly timeShiftMax: Micros;
  /** The pins that the draft makes or renews, in the order of their first change. */
  changes(): DraftedPins;
  /** Takes the draft's pins as the ledger's, and returns those that they replace. */
  keep(): ListedPins;
}
