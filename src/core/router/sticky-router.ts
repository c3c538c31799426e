/**
 * The gills, by habit: a session goes to the least loaded partition at first sight and stays there. Decides alone by what it was told, by ledger
 * times and by the order of events; it stores nothing and reads no clock.
 *
 * One emission's way: `learn` what the ledger knows; for each chunk `sessionOf` each line; `begin` a draft with the partitions' loads, `assign` each
 * event in order, hand `changes` to the ledger with the draft. Committed: `settle`. Answered with a conflict: `learn`, `begin` and `assign` again.
 * It keeps a row, some forty bytes and the key, for each session it has met.
 */

import type { PartitionId } from '../model/partition.ts';
import type { RouteRefusal } from '../model/routing.ts';
import type { RoutableLine } from '../model/scanned-field.ts';
import type { Micros } from '../model/time.ts';
import { fieldText } from './field-text.ts';
import { noKey } from './refusal.ts';
import { leastLoaded, PinColumns } from './sticky-pins.ts';

/** Dense, in the order of first sight; stands for a session's key as long as the router lives. */
export type SessionNumber = number;

/** Where a session's events go, and the ledger time of its last one. */
export interface Pin {
  readonly session: string;
  readonly partition: PartitionId;
  readonly lastSeen: Micros;
}

/** What a draft makes of the pins: to be stored with it, all or none. In the order in which the draft met the sessions. */
export interface PinChanges {
  /** Pinned for the first time, or anew after it was idle for too long. */
  readonly pinned: readonly Pin[];
  /** Only seen again. Empty where sessions are pinned for ever: then nobody asks. */
  readonly renewed: readonly Pin[];
}

export class StickyRouter {
  readonly #idleMicros: Micros;
  readonly #numbers = new Map<string, SessionNumber>();
  readonly #sessions: string[] = [];
  /** As the ledger knows them, and as the draft leaves them. */
  readonly #known = new PinColumns();
  readonly #drafted = new PinColumns();
  /** The draft that met a session last, and how: a new draft forgets the one before without touching a row. */
  #metIn = new Uint32Array(0);
  #isPinned = new Uint8Array(0);
  #draft = 1;
  #met: SessionNumber[] = [];
  #loads = new Float64Array(0);

  /** `idleMicros`: a session that was idle for longer is new; null: never. */
  constructor({ idleMicros }: { readonly idleMicros: Micros | null }) {
    this.#idleMicros = idleMicros ?? Number.POSITIVE_INFINITY;
  }

  /** The session in the line's first field. */
  sessionOf(line: RoutableLine): SessionNumber | RouteRefusal {
    const session = fieldText(line, 0);
    return session === null ? noKey(line.kind(0)) : this.#numberOf(session);
  }

  /** Takes the ledger's word for these pins; what it does not name stays as it is. */
  learn(pins: Iterable<Pin>): void {
    for (const { session, partition, lastSeen } of pins) this.#known.set(this.#numberOf(session), partition, lastSeen);
  }

  /** Begins a draft. `loads`: events in each of the partitions that take sessions, by id. */
  begin(loads: ArrayLike<number>): void {
    this.#loads = Float64Array.from(loads);
    this.#draft++;
    this.#met = [];
  }

  /** The partition of the session's next event. `time`: the event's ledger time, which never decreases. */
  assign(session: SessionNumber, time: Micros): PartitionId {
    const isMet = this.#metIn[session] === this.#draft;
    const pins = isMet ? this.#drafted : this.#known;
    const pinned = pins.partitionOf(session);
    const isNew = pinned < 0 || time - pins.lastSeenOf(session) > this.#idleMicros;
    const partition = isNew ? leastLoaded(this.#loads) : pinned;
    if (!isMet) this.#meet(session);
    if (isNew) this.#isPinned[session] = 1;
    this.#drafted.set(session, partition, time);
    this.count(partition);
    return partition;
  }

  /** An event of the draft that went to a partition without a session: it weighs as much as others. */
  count(partition: PartitionId): void {
    if (partition < this.#loads.length) this.#loads[partition] = (this.#loads[partition] as number) + 1;
  }

  changes(): PinChanges {
    const pinned: Pin[] = [];
    const renewed: Pin[] = [];
    for (const session of this.#met) {
      const pin = this.#draftedPin(session);
      if (this.#isPinned[session] === 1) pinned.push(pin);
      else if (this.#idleMicros !== Number.POSITIVE_INFINITY && pin.lastSeen > this.#known.lastSeenOf(session)) renewed.push(pin);
    }
    return { pinned, renewed };
  }

  /** The draft was committed: what it pinned is known from here on. */
  settle(): void {
    for (const session of this.#met) this.#known.set(session, this.#drafted.partitionOf(session), this.#drafted.lastSeenOf(session));
    this.#met = [];
    this.#draft++;
  }

  #numberOf(session: string): SessionNumber {
    const known = this.#numbers.get(session);
    if (known !== undefined) return known;
    const next = this.#sessions.push(session) - 1;
    this.#numbers.set(session, next);
    return next;
  }

  #meet(session: SessionNumber): void {
    if (session >= this.#metIn.length) {
      const rows = Math.max(1024, this.#sessions.length * 2);
      const [metIn, isPinned] = [new Uint32Array(rows), new Uint8Array(rows)];
      metIn.set(this.#metIn);
      isPinned.set(this.#isPinned);
      [this.#metIn, this.#isPinned] = [metIn, isPinned];
    }
    this.#metIn[session] = this.#draft;
    this.#isPinned[session] = 0;
    this.#met.push(session);
  }

  #draftedPin(session: SessionNumber): Pin {
    return { session: this.#sessions[session] as string, partition: this.#drafted.partitionOf(session), lastSeen: this.#drafted.lastSeenOf(session) };
  }
}
