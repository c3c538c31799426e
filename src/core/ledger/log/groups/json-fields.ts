/**
 * Reads fields of JSON that another machine has written: it may hold any type and any name. Only the fields that are asked for may be there, and only an
 * object's own fields are read, so nothing reaches a prototype.
 */

import { isClientName } from '../../../model/client-name.ts';
import { PARTITIONS_MAX, type PartitionId } from '../../../model/routing/partition.ts';
import { damagedRecord } from './damaged-record.ts';

/** One object of a record's value. Every method throws LedgerError DAMAGED_LEDGER, naming the record's key, for a field that is not what it must be. */
export class JsonFields {
  readonly #key: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  /** `key`: of the record. `names`: of all fields, none more and none less. */
  constructor(key: string, value: unknown, names: readonly string[]) {
    this.#key = key;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damagedRecord(key, 'no object');
    this.#fields = new Map(Object.entries(value));
    const missing = names.find((name) => !this.#fields.has(name));
    if (missing !== undefined) throw damagedRecord(key, `it has no ${missing}`);
    if (this.#fields.size !== names.length) throw damagedRecord(key, 'it has unknown fields');
  }

  integer(name: string, least = Number.MIN_SAFE_INTEGER): number {
    const value = this.#fields.get(name);
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    throw this.#damaged(name);
  }

  partition(name: string): PartitionId {
    const value = this.integer(name, 0);
    if (value < PARTITIONS_MAX) return value;
    throw this.#damaged(name);
  }

  text(name: string): string {
    const value = this.#fields.get(name);
    if (typeof value === 'string') return value;
    throw this.#damaged(name);
  }

  /** The name of a member. */
  name(name: string): string {
    const value = this.text(name);
    if (isClientName(value)) return value;
    throw this.#damaged(name);
  }

  boolean(name: string): boolean {
    const value = this.#fields.get(name);
    if (typeof value === 'boolean') return value;
    throw this.#damaged(name);
  }

  /** Null where the field is null. */
  orNull<Value>(name: string, read: (name: string) => Value): Value | null {
    return this.#fields.get(name) === null ? null : read(name);
  }

  object(name: string, names: readonly string[]): JsonFields {
    return new JsonFields(this.#key, this.#fields.get(name), names);
  }

  /** Objects in ascending order of what `orderOf` returns, each once. */
  objects<Value>(
    name: string,
    names: readonly string[],
    read: (fields: JsonFields) => Value,
    orderOf: (value: Value) => string | number,
  ): Value[] {
    const values = this.#list(name).map((value) => read(new JsonFields(this.#key, value, names)));
    const isOrdered = values.every((value, at) => at === 0 || orderOf(values[at - 1] as Value) < orderOf(value));
    if (isOrdered) return values;
    throw this.#damaged(name);
  }

  partitions(name: string): PartitionId[] {
    const isPartition = (value: unknown): value is PartitionId =>
      Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < PARTITIONS_MAX;
    const list = this.#list(name);
    if (list.every(isPartition)) return [...list];
    throw this.#damaged(name);
  }

  #list(name: string): readonly unknown[] {
    const value: unknown = this.#fields.get(name);
    if (Array.isArray(value)) return value;
    throw this.#damaged(name);
  }

  #damaged(name: string): Error {
    return damagedRecord(this.#key, `its ${name} cannot be`);
  }
}
