/**
 * Sticky sessions as data: the pins that emission, the router and a ledger exchange. The rule is in `router/`. No I/O.
 */

import { asBuffer, numberAt } from '../text/bytes.ts';
import { formatFieldPath } from '../text/field-path.ts';
import { type Micros, NO_TIME } from '../time/time.ts';
import type { PartitionId } from './partition.ts';
import type { Epoch } from './routing.ts';

/** Dense, in the order of first use; identifies a session's key until the router forgets its sessions. */
export type SessionNumber = number;

/** Session number of a line without a key. */
export const NO_SESSION: SessionNumber = -1;

/** A session's partition, and when it was last seen, to the precision of {@link idleRule}. */
export interface Pin {
  readonly session: string;
  readonly partition: PartitionId;
  /** Ledger time. Meaningless if sessions are pinned forever. */
  readonly lastSeen: Micros;
}

export interface DraftedPin extends Pin {
  /**
   * When the session was last seen before the draft, as far as known; null: it had no pin. The ledger must hold exactly
   * this.
   */
  readonly lastSeenBefore: Micros | null;
}

/**
 * Pins in columns, because a draft may send ten thousand of them to a thread. Row n is pin n; {@link draftedPin} reads
 * it.
 */
export interface DraftedPins {
  readonly count: number;
  /** The sessions' keys in UTF-8, concatenated; key n ends at `ends[n]`. */
  readonly keys: Uint8Array;
  readonly ends: Uint32Array;
  readonly partitions: Uint16Array;
  readonly lastSeen: Float64Array;
  /** NO_TIME for null. */
  readonly lastSeenBefore: Float64Array;
}

/** Changes to the pins by a draft. */
export interface PinChanges {
  /**
   * Pins to store with the draft, all or none: new ones, reassigned ones, and those seen again after a while.
   */
  readonly pins: DraftedPins;
  /** By how much the draft's times may shift with every pin still valid. Infinity if time does not matter. */
  readonly timeShiftMax: Micros;
  /**
   * The sequence of the head at which the stored pins are those the draft was built on, so that a ledger with this head need not compare them. Null if
   * others may have changed some.
   */
  readonly agreesAt: number | null;
}

/** Allocates columns for N pins with the given bytes of keys. */
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

export const NO_PIN_CHANGES: PinChanges = {
  pins: emptyPins(0, 0),
  timeShiftMax: Number.POSITIVE_INFINITY,
  agreesAt: null,
};

/** Pin number `at`. */
export function draftedPin(pins: DraftedPins, at: number): DraftedPin {
  const before = numberAt(pins.lastSeenBefore, at);
  return {
    session: sessionAt(pins, at),
    partition: numberAt(pins.partitions, at),
    lastSeen: numberAt(pins.lastSeen, at),
    lastSeenBefore: before === NO_TIME ? null : before,
  };
}

/** The session of pin number `at`. */
function sessionAt({ keys, ends }: DraftedPins, at: number): string {
  return asBuffer(keys).toString('utf8', at === 0 ? 0 : numberAt(ends, at - 1), ends[at]);
}

/**
 * The sessions of all pins, by number. For drafts of thousands: where all keys are ASCII they are decoded once, and each is a part of that text.
 */
export function sessionTexts(pins: DraftedPins): (at: number) => string {
  const { keys, ends } = pins;
  const text = asBuffer(keys).toString('utf8');
  if (text.length !== keys.length) return (at) => sessionAt(pins, at);
  return (at) => text.slice(at === 0 ? 0 : numberAt(ends, at - 1), ends[at]);
}

/** What a draft of sticky sessions depends on besides the pins. */
export interface SessionBasis {
  /** Load by partition: its events, or Infinity if it takes no sessions. */
  readonly loads: readonly number[];
  /** Whether the ledger holds any pin: without one none need be requested. */
  readonly hasPins: boolean;
  /** Sequence of the head on which the draft is built. */
  readonly head: number;
}

/** The lines of a chunk, in columns. A line with a fault makes no event. */
export interface SessionLines {
  readonly faults: Uint8Array;
  /** {@link NO_SESSION} where there is none. */
  readonly sessions: Int32Array;
  /** NO_TIME where it is when the line arrives. */
  readonly times: Float64Array;
  /** Of lines without a session; those of the others are filled in. */
  readonly partitions: Uint16Array;
}

/**
 * The first epoch whose pins are valid in the last one of `epochs`. Pins stay valid as long as the routing stays sticky
 * by the same field with the same idle time, whatever partitions are added. Null if the last one is not sticky.
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

/**
 * When a pin is renewed and when it expires, in ledger time since the session was last seen; both Infinity if pins
 * never expire.
 */
export interface IdleRule {
  /** An event later than this updates the session's last-seen time. */
  readonly renewedAfter: Micros;
  /** An event later than this starts a new session. */
  readonly endsAfter: Micros;
}

/**
 * A pin need not be written for each event: a precision of a sixteenth of the idle time suffices, and no session ends
 * early.
 */
const STEPS = 16;

export function idleRule(idleMicros: Micros | null): IdleRule {
  if (idleMicros === null) return { renewedAfter: Number.POSITIVE_INFINITY, endsAfter: Number.POSITIVE_INFINITY };
  const renewedAfter = Math.floor(idleMicros / STEPS);
  return { renewedAfter, endsAfter: idleMicros + renewedAfter };
}

/** How long a session may be idle; null: forever, or the routing is not sticky. */
export function idleMicrosOf({ spec }: Epoch): Micros | null {
  return spec.rule === 'sticky' ? spec.idleMicros : null;
}
