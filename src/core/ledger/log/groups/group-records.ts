/** Reads and writes the records of groups. What it has written itself it does not take back, though the answer of a store may be older. */

import { isClientName } from '../../../model/client-name.ts';
import type { RecordChange, RecordEditor, Versioned } from './record-editor.ts';
import { GROUPS, groupKey, groupOfKey } from './record-keys.ts';
import { GROUP, type GroupValue } from './record-values.ts';

export type GroupRecord = Versioned<GroupValue>;

export class GroupRecords {
  readonly #editor: RecordEditor;
  /** By key, the newest that was read or written. */
  readonly #seen = new Map<string, GroupRecord>();

  constructor(editor: RecordEditor) {
    this.#editor = editor;
  }

  async get(group: string): Promise<GroupRecord | null> {
    if (!isClientName(group)) return null;
    const key = groupKey(group);
    return this.#newest(key, await this.#editor.get(GROUP, key));
  }

  /** By name. */
  async all(): Promise<(GroupRecord & { readonly name: string })[]> {
    const records = await this.#editor.list(GROUP, GROUPS);
    return records
      .map((record) => ({ name: groupOfKey(record.key), ...record }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Results in the value after it as well, null if there is no such group. */
  async change<Result>(
    group: string,
    decide: (value: GroupValue | null) => Promise<RecordChange<GroupValue, Result>> | RecordChange<GroupValue, Result>,
  ): Promise<{ readonly value: GroupValue | null; readonly result: Result }> {
    const known = await this.get(group);
    const key = groupKey(group);
    let hasWritten = false;
    const { record, result } = await this.#editor.change<GroupValue, Result>(GROUP, key, known, async (value) => {
      // deleted by another process: what was seen of it is over
      if (value === null) this.#seen.delete(key);
      const change = await decide(value);
      hasWritten = change.write !== undefined;
      return change;
    });
    // what was written is the newest, also where the group was deleted and created again meanwhile
    if (hasWritten && record !== null) this.#seen.set(key, record);
    return { value: record?.value ?? null, result };
  }

  /** Deletes the record. `check` throws if it must not be. */
  async remove(group: string, check: (value: GroupValue | null) => Promise<void>): Promise<void> {
    const key = groupKey(group);
    await this.#editor.change<GroupValue, undefined>(GROUP, key, await this.get(group), async (value) => {
      await check(value);
      return { write: null, result: undefined };
    });
    this.#seen.delete(key);
  }

  #newest(key: string, record: GroupRecord | null): GroupRecord | null {
    const seen = this.#seen.get(key);
    if (record === null || (seen !== undefined && seen.value.writes > record.value.writes)) return seen ?? null;
    this.#seen.set(key, record);
    return record;
  }
}
