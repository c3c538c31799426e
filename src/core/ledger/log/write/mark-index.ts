/** What is looked up by writers and is not in the folded state: the unique ids of a ledger, and the pins of its sessions. */

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
  /** Whether there is any. */
  readonly hasPins: boolean;
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

export function* knownMarks({ ids, firstSequence }: LearnedMarks): Generator<[string, KnownMark]> {
  for (const { id, hash, index } of ids) yield [id, { sequence: firstSequence + index, hash }];
}

export function* indexedPins({ pins, epoch, timeShift, isForEver }: LearnedMarks): Generator<IndexedPin> {
  for (const { session, partition, lastSeen } of pins)
    yield { session, partition, epoch, lastSeen: isForEver ? NO_TIME : lastSeen + timeShift };
}

/** An index in memory. */
export class MemoryMarkIndex implements MarkIndex {
  readonly #ids = new Map<string, KnownMark>();
  readonly #pins = new Map<string, IndexedPin>();

  idOf(id: string): KnownMark | undefined {
    return this.#ids.get(id);
  }

  pinOf(session: string): IndexedPin | undefined {
    return this.#pins.get(session);
  }

  get sessions(): number {
    return this.#pins.size;
  }

  get hasPins(): boolean {
    return this.#pins.size > 0;
  }

  learn(marks: LearnedMarks): void {
    for (const [id, mark] of knownMarks(marks)) this.#ids.set(id, mark);
    for (const pin of indexedPins(marks)) this.#pins.set(pin.session, pin);
  }

  /** Both: what is here goes before what is in the other. */
  over(under: MarkIndex): MarkIndex {
    const pins = this.#pins;
    return {
      idOf: (id) => this.idOf(id) ?? under.idOf(id),
      pinOf: (session) => this.pinOf(session) ?? under.pinOf(session),
      get sessions() {
        let count = under.sessions;
        for (const session of pins.keys()) if (under.pinOf(session) === undefined) count++;
        return count;
      },
      get hasPins() {
        return pins.size > 0 || under.hasPins;
      },
    };
  }
}
