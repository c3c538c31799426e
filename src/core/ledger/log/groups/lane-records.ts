/**
 * What the holder of a lease changes: its cursor, and parked events of its partition.
 *
 * Parking is three writes: the event's record (`parking`), the cursor with the id of that record, and the event's record as parked. The second one decides.
 * Before it the first counts for nothing; after it the event is parked, and the next writer of the cursor makes up for the third, because the cursor's record
 * has the event until then.
 */

import type { Acknowledgement, HeldLease } from '../../../model/group.ts';
import { LedgerError } from '../../../model/ledger-error.ts';
import type { Cursor } from '../../protocol/group-state.ts';
import { acknowledge, type LaneChange, type LaneState } from '../../protocol/lane-change.ts';
import { type CursorRecord, type CursorRecords, isHeld } from './cursor-records.ts';
import { cursorOf } from './group-value.ts';
import { parkedEventOf } from './parked-records.ts';
import { isUnanswered, type RecordEditor, type Versioned } from './record-editor.ts';
import { cursorKey, parkedKey } from './record-keys.ts';
import { type CursorValue, PARKED, type ParkedValue, type Parking } from './record-values.ts';
import type { Turns } from './turns.ts';

type Decide<Result> = (lane: LaneState) => LaneChange<Result>;

/** `lost`: the lease; `again`: the records have changed under the same lease meanwhile. */
type Outcome<Result> = { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'lost' | 'again' };

/** A parked event that is not confirmed by its own record yet, and where the cursor moves to. */
interface Pending<Result> extends Parking {
  readonly cursor: Cursor;
  readonly result: Result;
}

export class LaneRecords {
  readonly #editor: RecordEditor;
  readonly #cursors: CursorRecords;
  readonly #turns: Turns;
  /** Id of the last event of each cursor whose own record says that it is parked. */
  readonly #confirmed = new Map<string, string>();
  /** Record of the event of each lane whose redelivery was begun last, by the cursor's key: it ends where it is known to be, not where an older reading has it. */
  readonly #redelivered = new Map<string, Versioned<ParkedValue>>();

  constructor(editor: RecordEditor, cursors: CursorRecords, turns: Turns) {
    this.#editor = editor;
    this.#cursors = cursors;
    this.#turns = turns;
  }

  /** False if the lease was lost, or the cursor is further on. */
  async acknowledge(to: Acknowledgement): Promise<boolean> {
    return (await this.changeCursor(to, (lane) => acknowledge(lane, to))) ?? false;
  }

  /** Null if the lease was lost. */
  changeCursor<Result>(lease: HeldLease, decide: Decide<Result>): Promise<Result | null> {
    return this.#inTurn(lease, () => this.#changeCursor(lease, decide));
  }

  /** Changes the cursor and the parked event of this sequence. Null if the lease was lost. */
  changeBoth<Result>(lease: HeldLease, sequence: number, decide: Decide<Result>): Promise<Result | null> {
    return this.#inTurn(lease, async () => {
      for (;;) {
        const cursor = await this.#cursors.held(lease);
        if (cursor === null) return null;
        await this.#confirm(lease.group, cursor);
        const pending = await this.#writeParking(lease, cursor, sequence, decide);
        if (pending === 'lost') return null;
        if (pending === 'notParked') return this.#changeCursor(lease, decide);
        const outcome =
          pending === 'notMoved'
            ? await this.#changeParked(lease, await this.#prove(lease), sequence, decide, this.#known(lease, sequence))
            : await this.#moveBehind(lease, cursor, pending);
        if (outcome.kind === 'done') return outcome.result;
        if (outcome.kind === 'lost') return null;
      }
    });
  }

  /** Changes the parked event of this sequence, and not the cursor. `cursor`: the record under the lease, see {@link prove}. */
  async changeParked<Result>(
    lease: HeldLease,
    cursor: CursorRecord,
    sequence: number,
    decide: Decide<Result>,
  ): Promise<Result | null> {
    const outcome = await this.#changeParked(lease, cursor, sequence, decide);
    return outcome.kind === 'done' ? outcome.result : null;
  }

  /** The cursor's record, written as it was: a former holder could not have done that. Null if it was lost. */
  prove(lease: HeldLease): Promise<CursorRecord | null> {
    return this.#inTurn(lease, () => this.#prove(lease));
  }

  #inTurn<Result>(lease: HeldLease, work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(cursorKey(lease.group, lease.partition), work);
  }

  async #changeCursor<Result>(lease: HeldLease, decide: Decide<Result>): Promise<Result | null> {
    for (;;) {
      const known = await this.#cursors.held(lease);
      if (known === null) return null;
      const { record, result: outcome } = await this.#cursors.change<Outcome<Result>>(known, (value) => {
        if (!isHeld(value, lease)) return { result: { kind: 'lost' } };
        if (this.#isOpen(known.key, value.parking)) return { result: { kind: 'again' } };
        const { cursor, result } = decide({ cursor: cursorOf(lease.partition, value), parked: null });
        return { write: cursor && heldAt(cursor, lease, null), result: { kind: 'done', result } };
      });
      if (outcome.kind === 'again') await this.#confirm(lease.group, record);
      else return outcome.kind === 'done' ? outcome.result : null;
    }
  }

  async #changeParked<Result>(
    { group, partition }: HeldLease,
    cursor: CursorRecord | null,
    sequence: number,
    decide: Decide<Result>,
    known?: Versioned<ParkedValue>,
  ): Promise<Outcome<Result>> {
    if (cursor === null) return { kind: 'lost' };
    const key = parkedKey(group, partition, sequence);
    const { record, result } = await this.#editor.change<ParkedValue, Outcome<Result>>(PARKED, key, known, (value) => {
      const event = parkedEventOf(value, cursor.value);
      const change = decide({ cursor: cursorOf(partition, cursor.value), parked: event });
      if (change.cursor !== undefined) return { result: { kind: 'again' } };
      const outcome = { kind: 'done' as const, result: change.result };
      if (change.parked === undefined || (change.parked === null && event === null)) return { result: outcome };
      return { write: change.parked && { event: change.parked, parking: null }, result: outcome };
    });
    if (record !== null) this.#redelivered.set(cursor.key, record);
    else this.#redelivered.delete(cursor.key);
    return result;
  }

  #known({ group, partition }: HeldLease, sequence: number): Versioned<ParkedValue> | undefined {
    const last = this.#redelivered.get(cursorKey(group, partition));
    return last?.key === parkedKey(group, partition, sequence) ? last : undefined;
  }

  async #prove(lease: HeldLease): Promise<CursorRecord | null> {
    const known = await this.#cursors.held(lease);
    if (known === null) return null;
    const { record, result: isProven } = await this.#cursors.change(known, (value) =>
      isHeld(value, lease) ? { write: value, result: true } : { result: false },
    );
    return isProven ? record : null;
  }

  /** The first write. `notMoved`, `notParked`: it is not decided that the cursor moves, or that an event is parked; nothing was written. */
  async #writeParking<Result>(
    lease: HeldLease,
    cursor: CursorRecord,
    sequence: number,
    decide: Decide<Result>,
  ): Promise<Pending<Result> | 'lost' | 'notMoved' | 'notParked'> {
    const { group, partition, token } = lease;
    const key = parkedKey(group, partition, sequence);
    const { record, result: written } = await this.#editor.change<
      ParkedValue,
      Omit<Pending<Result>, 'revision'> | 'lost' | 'notMoved' | 'notParked'
    >(PARKED, key, undefined, (value) => {
      const parking = value?.parking ?? null;
      // the next holder is parking it: over its record its event would be lost
      if (parking !== null && parking.token > token) return { result: 'lost' };
      const parked = parkedEventOf(value, cursor.value);
      const change = decide({ cursor: cursorOf(partition, cursor.value), parked });
      if (change.cursor === undefined) return { result: 'notMoved' };
      if (!change.parked) return { result: 'notParked' };
      // A write of the cursor under this lease may still be on its way, with the id that it knows.
      const id = parking?.token === token ? parking.id : this.#editor.nextId();
      return {
        write: { event: parked, parking: { id, token, event: change.parked } },
        result: { id, event: change.parked, cursor: change.cursor, result: change.result },
      };
    });
    return record === null || typeof written === 'string'
      ? (written as 'lost')
      : { ...written, revision: record.revision };
  }

  /** The second write, and the third. */
  async #moveBehind<Result>(lease: HeldLease, known: CursorRecord, pending: Pending<Result>): Promise<Outcome<Result>> {
    const { id, revision, event, cursor, result } = pending;
    const { record, result: outcome } = await this.#cursors.change<Outcome<Result>>(known, (value, found) => {
      // the answer to its write was lost, and the next holder has written the record since
      if (value?.parking?.id === id) return { result: { kind: 'done', result } };
      if (!isHeld(value, lease)) return { result: { kind: 'lost' } };
      if (found?.revision !== known.revision) return { result: { kind: 'again' } };
      return { write: heldAt(cursor, lease, { id, revision, event }), result: { kind: 'done', result } };
    });
    try {
      if (outcome.kind === 'done') await this.#confirm(lease.group, record, revision);
      // an older record than that of the lease does not show that it was lost
      const isLost = outcome.kind === 'lost' && record !== null && record.value.token > lease.token;
      if (isLost) await this.#withdraw(lease, event.sequence, id);
    } catch (error) {
      // the next write of the cursor confirms it, and what is not withdrawn counts for nothing
      if (!isUnanswered(error) && !(error instanceof LedgerError && error.code === 'BUSY')) throw error;
    }
    return outcome;
  }

  /**
   * The third write: the event's own record says that it is parked, unless it was changed since it is. `revision`: of that record, where it is known to be
   * another one than the cursor says. It is not read before: a reading may be older than the first write.
   */
  async #confirm(group: string, cursor: CursorRecord | null, revision?: number): Promise<void> {
    const parking = cursor?.value.parking ?? null;
    if (cursor === null || !this.#isOpen(cursor.key, parking)) return;
    const { id, event } = parking;
    const key = parkedKey(group, event.partition, event.sequence);
    const written = {
      key,
      revision: revision ?? parking.revision,
      writtenAt: 0,
      by: '',
      value: { event: null, parking: { id, token: 0, event } },
    };
    await this.#editor.change<ParkedValue, null>(PARKED, key, written, (value) =>
      value?.parking?.id === id ? { write: { event, parking: null }, result: null } : { result: null },
    );
    this.#confirmed.set(cursor.key, id);
  }

  #isOpen(key: string, parking: Parking | null): parking is Parking {
    return parking !== null && this.#confirmed.get(key) !== parking.id;
  }

  async #withdraw({ group, partition }: HeldLease, sequence: number, id: string): Promise<void> {
    await this.#editor.change<ParkedValue, null>(PARKED, parkedKey(group, partition, sequence), undefined, (value) => {
      if (value?.parking?.id !== id) return { result: null };
      return { write: value.event && { event: value.event, parking: null }, result: null };
    });
  }
}

function heldAt(
  { nextOffset, nextSequence, attempts, failure }: Cursor,
  { token }: HeldLease,
  parking: Parking | null,
): CursorValue {
  return { nextOffset, nextSequence, attempts, failure, token, isHeld: true, parking };
}
