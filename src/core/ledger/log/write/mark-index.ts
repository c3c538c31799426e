/** The port of an index of what is not in the folded state: the unique ids of a ledger, and the pins of its sessions. */

import type { UniqueId } from '../../../model/events/commit.ts';
import type { DraftedPin, Pin } from '../../../model/routing/session-pins.ts';
import { type Micros, NO_TIME } from '../../../model/time/time.ts';

export interface KnownMark {
  readonly sequence: number;
  readonly hash: Buffer;
}

/** A pin with the epoch in which it was made: pins of a routing that is no longer in force do not count. */
export interface IndexedPin extends Pin {
  readonly epoch: number;
}

export interface MarkIndex {
  idOf(id: string): KnownMark | undefined;
  pinOf(session: string): IndexedPin | undefined;
  /** Sessions with a pin. */
  readonly sessions: number;
  learn(marks: LearnedMarks): void;
}

/** The marks of one commit. */
export interface LearnedMarks {
  readonly ids: readonly UniqueId[];
  readonly pins: readonly DraftedPin[];
  readonly firstSequence: number;
  readonly epoch: number;
  readonly timeShift: Micros;
  /** Whether sessions never end: their pins have no time. */
  readonly isForEver: boolean;
}

/** An index in memory. One over another shows what is learned in a transaction, and leaves the other as it is. */
export class MemoryMarkIndex implements MarkIndex {
  readonly #under: MarkIndex | null;
  readonly #ids = new Map<string, KnownMark>();
  readonly #pins = new Map<string, IndexedPin>();

  constructor(under: MarkIndex | null = null) {
    this.#under = under;
  }

  idOf(id: string): KnownMark | undefined {
    return this.#ids.get(id) ?? this.#under?.idOf(id);
  }

  pinOf(session: string): IndexedPin | undefined {
    return this.#pins.get(session) ?? this.#under?.pinOf(session);
  }

  get sessions(): number {
    const under = this.#under;
    if (under === null) return this.#pins.size;
    return under.sessions + [...this.#pins.keys()].filter((session) => under.pinOf(session) === undefined).length;
  }

  learn({ ids, pins, firstSequence, epoch, timeShift, isForEver }: LearnedMarks): void {
    for (const { id, hash, index } of ids) this.#ids.set(id, { sequence: firstSequence + index, hash });
    for (const { session, partition, lastSeen } of pins)
      this.#pins.set(session, { session, partition, epoch, lastSeen: isForEver ? NO_TIME : lastSeen + timeShift });
  }
}
