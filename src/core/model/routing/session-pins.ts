/** Sticky sessions as data: what emission, the router and a ledger tell one another of pins. The rule lives in `router/`. No I/O. */

import type { RoutableLine } from '../../scan/scanned-field.ts';
import { asBuffer, numberAt } from '../text/bytes.ts';
import { formatFieldPath } from '../text/field-path.ts';
import { type Micros, NO_TIME } from '../time/time.ts';
import type { PartitionId } from './partition.ts';
import type { Epoch } from './routing.ts';

/** Dense, in the order of first sight; stands for a session's key until the router forgets its sessions. */
export type SessionNumber = number;

/** Of a line that holds no key. */
export const NO_SESSION: SessionNumber = -1;

/** Where a session's events go, and when it was seen last, to the precision of {@link idleRule}. */
export interface Pin {
  readonly session: string;
  readonly partition: PartitionId;
  /** Ledger time. Means nothing where sessions are pinned for ever. */
  readonly lastSeen: Micros;
}

export interface DraftedPin extends Pin {
  /** When the session was seen last before the draft, as far as is known; null: it had no pin. The ledger must hold just this. */
  readonly lastSeenBefore: Micros | null;
}

/** Pins in columns: a draft may have ten thousand, on their way to a thread. Row n is pin n; {@link draftedPin} reads it. */
export interface DraftedPins {
  readonly count: number;
  /** The sessions' keys in UTF-8, one behind the other; key n ends at `ends[n]`. */
  readonly keys: Uint8Array;
  readonly ends: Uint32Array;
  readonly partitions: Uint16Array;
  readonly lastSeen: Float64Array;
  /** NO_TIME for null. */
  readonly lastSeenBefore: Float64Array;
}

/** What a draft makes of the pins. */
export interface PinChanges {
  /** To be stored with it, all or none: what is pinned for the first time, or anew, or seen again after a while. Roughly in the order of the keys. */
  readonly pins: DraftedPins;
  /** So much later the draft may come and still be right about every pin. Infinity where time does not matter. */
  readonly timeShiftMax: Micros;
}

/** Room for so many pins with keys of so many bytes. */
export function emptyPins(count: number, keyBytes: number): DraftedPins {
  return {
    count,
    keys: new Uint8Array(keyBytes),
    ends: new Uint32Array(count),
    partitions: new Uint16Array(count),
    lastSeen: new Float64Array(count),
    lastSeenBefore: new Float64Array(count),
  };
}

export const NO_PIN_CHANGES: PinChanges = { pins: emptyPins(0, 0), timeShiftMax: Number.POSITIVE_INFINITY };

/** Pin `at` of them. */
export function draftedPin(pins: DraftedPins, at: number): DraftedPin {
  const before = numberAt(pins.lastSeenBefore, at);
  return {
    session: sessionAt(pins, at),
    partition: numberAt(pins.partitions, at),
    lastSeen: numberAt(pins.lastSeen, at),
    lastSeenBefore: before === NO_TIME ? null : before,
  };
}

/** The session of pin `at`. */
export function sessionAt({ keys, ends }: DraftedPins, at: number): string {
  return asBuffer(keys).toString('utf8', at === 0 ? 0 : numberAt(ends, at - 1), ends[at]);
}

/** What a draft of sticky sessions is built upon besides the pins. */
export interface SessionBasis {
  /** By partition: its events, or Infinity where it takes no sessions. */
  readonly loads: readonly number[];
  /** Whether the ledger holds a pin at all: without one nobody need ask for any. */
  readonly hasPins: boolean;
}

/** Decides where sessions go, by what it was told of them and by the order and the ledger times of events. */
export interface SessionRouter {
  /** Bytes of memory that its sessions take, roughly. */
  readonly bytes: number;
  /** The session of a line; NO_SESSION where it holds no key. */
  sessionOf(line: RoutableLine): SessionNumber;
  /** The ledger holds no pins, so sessions need not be asked for; what others pin meanwhile shows as a conflict. */
  assumeNone(): void;
  /** The sessions that were met and that nobody has asked the ledger for yet. Tells each once. */
  takeUnasked(): readonly string[];
  /** Takes the ledger's word for these pins; what it does not name stays as it is. */
  learn(pins: Iterable<Pin>): void;
  /** Begins a draft; one that was not settled is forgotten. */
  begin(loads: readonly number[]): void;
  /** The partition of the session's next event. `time`: the event's ledger time, which never decreases. */
  assign(session: SessionNumber, time: Micros): PartitionId;
  /** An event of the draft that goes to a partition without a session: it weighs as much as others. */
  count(partition: PartitionId): void;
  changes(): PinChanges;
  /** Takes the draft for committed. Returns what takes that back; several are taken back in the reverse of their order. */
  settle(): () => void;
  /** Forgets all sessions and their numbers: memory is bounded, and the ledger can be asked again. Not while a draft is on its way. */
  forget(): void;
}

/**
 * The first epoch whose pins hold in the last one of `epochs`: pins hold from epoch to epoch as long as the routing stays sticky by the same field
 * with the same idle time, whatever partitions are added. Null where the last one is not sticky.
 */
export function pinsHoldSince(epochs: readonly Epoch[]): number | null {
  const last = epochs.at(-1);
  const rule = last === undefined ? null : stickyRule(last);
  if (last === undefined || rule === null) return null;
  const other = epochs.findLast((epoch) => stickyRule(epoch) !== rule);
  return other === undefined ? (epochs[0] ?? last).epoch : other.epoch + 1;
}

function stickyRule({ spec }: Epoch): string | null {
  return spec.rule === 'sticky' ? `${formatFieldPath(spec.field)} ${spec.idleMicros}` : null;
}

/** When a pin is renewed and when it ends, in ledger time since the session was seen last; both Infinity where pins are for ever. */
export interface IdleRule {
  /** An event that comes later than this makes its time the one at which the session was seen last. */
  readonly renewedAfter: Micros;
  /** An event that comes later than this finds the session new. */
  readonly endsAfter: Micros;
}

/** A pin need not be written for each event: to a sixteenth of the idle time is precise enough, and no session ends before its time. */
const STEPS = 16;

export function idleRule(idleMicros: Micros | null): IdleRule {
  if (idleMicros === null) return { renewedAfter: Number.POSITIVE_INFINITY, endsAfter: Number.POSITIVE_INFINITY };
  const renewedAfter = Math.floor(idleMicros / STEPS);
  return { renewedAfter, endsAfter: idleMicros + renewedAfter };
}

/** How long a session may be idle; null: for ever, or the routing is not sticky. */
export function idleMicrosOf({ spec }: Epoch): Micros | null {
  return spec.rule === 'sticky' ? spec.idleMicros : null;
}
