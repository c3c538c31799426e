/** Verifies the pins of sticky sessions against history: each event is in the partition of its session's pin, and the table holds the pins that result. */

import type { Database } from 'better-sqlite3';
import type { EventBatch } from '../../../model/events/event.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import { type Epoch, type Epochs, epochAt } from '../../../model/routing/routing.ts';
import { type IdleRule, idleMicrosOf, idleRule, pinsHoldSince } from '../../../model/routing/session-pins.ts';
import { brokenCommit } from '../../protocol/broken-commit.ts';
import type { CommitRow } from '../../protocol/link-check.ts';
import { type PlacementRow, readEpochs, readPlacementRows } from '../connection/identity.ts';
import { type RawRow, text } from '../connection/rows.ts';
import { hasTable } from '../connection/schema.ts';
import { storedPin } from '../write/pins.ts';
import { RecentPins, type StoredPin } from '../write/recent-pins.ts';

/** The rule of one epoch. */
interface StickyPeriod extends IdleRule {
  readonly epoch: Epoch;
  /** The first epoch whose pins are valid. */
  readonly since: number;
  /** Placed keys: their events have no session. */
  readonly placed: ReadonlySet<string>;
}

/** Text of an event's key, as its epoch's routing reads it; null if it has none. */
export type KeyOf = (batch: EventBatch, at: number) => string | null;

export class PinProof {
  readonly #epochs: Epochs;
  readonly #periods: ReadonlyMap<number, StickyPeriod>;
  readonly #keyOf: KeyOf;
  readonly #isWhole: boolean;
  /** One for each session that ever was: about 100 bytes and its key. */
  readonly #pins = new Map<string, StoredPin>();

  /** `from`: the first sequence that is taken. Pins made before it are not known. */
  constructor(db: Database, keyOf: KeyOf, from: number) {
    this.#isWhole = from === 1;
    this.#epochs = readEpochs(db);
    this.#keyOf = keyOf;
    const placements = readPlacementRows(db);
    const periods = this.#epochs.map(
      (epoch, at) => [epoch.epoch, periodOf(epoch, pinsHoldSince(this.#epochs.slice(0, at + 1)), placements)] as const,
    );
    this.#periods = new Map(periods.filter((entry): entry is [number, StickyPeriod] => entry[1] !== null));
  }

  /** Whether any epoch pins sessions. */
  get isNeeded(): boolean {
    return this.#periods.size > 0;
  }

  /** Takes the next commit, in order. @throws LedgerError VERIFICATION_FAILED for an event that is not in the partition of its session */
  take(row: CommitRow, batch: EventBatch): void {
    const period = this.#periods.get(epochAt(this.#epochs, row.firstSequence).epoch);
    // Events for which the emitter chose the partition do not change sessions.
    if (period === undefined || row.sentTo !== null) return;
    for (let at = 0; at < batch.count; at++) {
      const session = this.#keyOf(batch, at);
      if (session !== null && !period.placed.has(session)) this.#see(session, batch, at, period);
    }
  }

  /** Compares the table with the pins that history makes. `isAtHead`: nothing was committed since the walk began. @throws LedgerError VERIFICATION_FAILED */
  compare(db: Database, isAtHead: boolean): void {
    let found = 0;
    for (const [session, stored] of storedPins(db)) {
      const pin = this.#pins.get(session);
      if (pin !== undefined) found++;
      const differs = pin === undefined ? isAtHead && this.#isWhole : !this.#isProven(stored, pin, isAtHead);
      if (differs) throw broken(session, 'is not what its events make of it');
    }
    if (found < this.#pins.size) throw broken(null, `${this.#pins.size - found} are missing`);
  }

  /**
   * After later commits a session may have been seen again, or may have ended and moved. Of a pin that was made before the first commit that was taken, only
   * the partition is known.
   */
  #isProven({ partition, lastSeen, epoch }: StoredPin, pin: StoredPin, isAtHead: boolean): boolean {
    const hasMovedOn = !isAtHead && lastSeen !== pin.lastSeen && (lastSeen ?? 0) > (pin.lastSeen ?? 0);
    if (hasMovedOn) return true;
    if (partition !== pin.partition) return false;
    return !this.#isWhole || (lastSeen === pin.lastSeen && epoch === pin.epoch);
  }

  #see(session: string, batch: EventBatch, at: number, { epoch, since, renewedAfter, endsAfter }: StickyPeriod): void {
    const partition = batch.partition(at);
    const time = batch.times[at] as number;
    const lastSeen = idleMicrosOf(epoch) === null ? null : time;
    const pin = this.#pins.get(session);
    const idle = time - (pin?.lastSeen ?? time);
    if (pin === undefined || pin.epoch < since || idle > endsAfter || !epoch.partitionIds.includes(pin.partition)) {
      this.#pins.set(session, { partition, lastSeen, epoch: epoch.epoch });
      return;
    }
    if (pin.partition !== partition)
      throw brokenCommit(batch.sequences[at] as number, 'an event does not lie where its session is pinned');
    if (idle > renewedAfter) this.#pins.set(session, { partition, lastSeen, epoch: epoch.epoch });
  }
}

/** The pin of each session that has one. */
function* storedPins(db: Database): Generator<[string, StoredPin]> {
  const { table, pinOf } = new RecentPins(db).all();
  for (let session = 0; session < table.size; session++) yield [table.textOf(session), pinOf(session)];
  if (!hasTable(db, 'sessions')) return;
  for (const row of db.prepare<[], RawRow>('SELECT session, partition, last_seen, epoch FROM sessions').iterate()) {
    const session = text(row, 'session');
    const key = Buffer.from(session, 'utf8');
    if (table.find(key, 0, key.length) === null) yield [session, storedPin(row)];
  }
}

function periodOf(epoch: Epoch, since: number | null, placements: readonly PlacementRow[]): StickyPeriod | null {
  if (since === null) return null;
  const { placedFrom } = epoch;
  const inForce = placements.filter(
    (row) => placedFrom !== null && row.epoch >= placedFrom && row.epoch <= epoch.epoch,
  );
  return { epoch, since, placed: new Set(inForce.map(({ key }) => key)), ...idleRule(idleMicrosOf(epoch)) };
}

function broken(session: string | null, fact: string): LedgerError {
  return new LedgerError('VERIFICATION_FAILED', {
    message: `the chain is intact, but the pins of sessions are not: ${session === null ? '' : `that of '${session.slice(0, 80)}' `}${fact}`,
    hint: 'bring the events into a new ledger: completengine replay -o envelope | completengine emit --envelope -l NEW',
  });
}
