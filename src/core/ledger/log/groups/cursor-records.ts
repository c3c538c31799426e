/**
 * Reads and writes the records of cursors. It remembers the revisions of those it has seen: an acknowledgement is one write without a read before, and
 * fails if a fence has rewritten the record meanwhile, on whichever machine.
 */

import type { HeldLease, LanePosition } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import { fenced, isPassed } from './group-value.ts';
import type { Changed, RecordChange, RecordEditor, Versioned } from './record-editor.ts';
import { cursorKey, cursorsOf, partitionOfKey } from './record-keys.ts';
import { CURSOR, type CursorValue, type Fence } from './record-values.ts';

export type CursorRecord = Versioned<CursorValue>;

export class CursorRecords {
  readonly #editor: RecordEditor;
  /** By key, as last read or written. */
  readonly #seen = new Map<string, CursorRecord>();

  constructor(editor: RecordEditor) {
    this.#editor = editor;
  }

  /** All cursors of the group that have a record, by partition. */
  async ofGroup(group: string): Promise<Map<PartitionId, CursorRecord>> {
    const records = await this.#editor.list(CURSOR, cursorsOf(group));
    return new Map(records.map((record) => [partitionOfKey(record.key), record]));
  }

  /**
   * Has the cursor pass the fence, if it has not yet. `known`: its record as last read. Results in where its former holder has left it; null: there was no
   * record, or another process has done it and moved it.
   */
  async pass(
    group: string,
    fence: Fence,
    known: CursorRecord | null,
  ): Promise<Changed<CursorValue, LanePosition | null>> {
    const key = cursorKey(group, fence.partition);
    const changed = await this.#editor.change<CursorValue, LanePosition | null>(CURSOR, key, known, (value) =>
      isPassed(fence, value)
        ? { result: fence.position === null ? value : null }
        : { write: fenced(fence, value), result: value },
    );
    this.#remember(changed.record);
    return changed;
  }

  /** The record under a lease; null if the lease was lost. It may have been lost since the record was read: a write then fails. */
  async held(lease: HeldLease): Promise<CursorRecord | null> {
    const key = cursorKey(lease.group, lease.partition);
    const seen = this.#seen.get(key);
    const record = seen !== undefined && isHeld(seen.value, lease) ? seen : await this.#editor.get(CURSOR, key);
    this.#remember(record);
    return record !== null && isHeld(record.value, lease) ? record : null;
  }

  /** Changes a cursor, beginning with what is known of it. */
  async change<Result>(
    known: CursorRecord,
    decide: (value: CursorValue | null, found: CursorRecord | null) => RecordChange<CursorValue, Result>,
  ): Promise<Changed<CursorValue, Result>> {
    const changed = await this.#editor.change(CURSOR, known.key, known, decide);
    this.#remember(changed.record);
    return changed;
  }

  #remember(record: CursorRecord | null): void {
    if (record !== null) this.#seen.set(record.key, record);
  }
}

/** Whether the cursor was last fenced for this lease. */
export function isHeld(value: CursorValue | null, { token }: HeldLease): value is CursorValue {
  return value?.isHeld === true && value.token === token;
}
