/**
 * Reads JSON that anyone may have put into the log. Every value is checked for its kind and its bounds, unknown fields are refused, and nothing is ever
 * looked up by a name from outside. Pure.
 */

import { CLIENT_NAME_MAX, isClientName } from '../../../model/client-name.ts';
import { isName } from '../../../model/routing/partition.ts';
import type { RoutingSpec } from '../../../model/routing/routing.ts';
import { parseRoutingSpec } from '../../../model/routing/routing-text.ts';
import { isTime } from '../../../model/time/time.ts';

const ROUTING_MAX = 1024 * 1024;

/** What is wrong with a message. Never leaves this folder: {@link readOr} turns it into a reason. */
class Malformed extends Error {}

/** What `read` returns, or the reason why it cannot. */
export function readOr<Value>(read: () => Value): Value | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}

export function malformed(fact: string, cause?: unknown): Error {
  return new Malformed(fact, { cause });
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

/** A value of JSON with its name in messages about it. */
export class Field {
  readonly #value: unknown;
  readonly #name: string;

  constructor(value: unknown, name: string) {
    this.#value = value;
    this.#name = name;
  }

  static parse(json: string, name: string): Field {
    try {
      return new Field(JSON.parse(json), name);
    } catch (cause) {
      throw malformed(`${name} is no JSON`, cause);
    }
  }

  get isNull(): boolean {
    return this.#value === null;
  }

  /** The fields of an object: exactly these. */
  fields<Name extends string>(...names: readonly Name[]): Record<Name, Field> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.fault('is no object');
    // own fields alone, by fixed names: nothing of a prototype is read, and an unknown field is an error
    if (Object.keys(value).length !== names.length) throw this.fault('has other fields');
    const fields = {} as Record<Name, Field>;
    for (const name of names) {
      if (!Object.hasOwn(value, name)) throw this.fault(`has no field ${name}`);
      fields[name] = new Field((value as Record<string, unknown>)[name], name);
    }
    return fields;
  }

  /** As {@link fields}, and perhaps one more, which is null if it is left out. */
  fieldsAnd<Extra extends string, Name extends string>(
    extra: Extra,
    ...names: readonly Name[]
  ): Record<Name, Field> & Record<Extra, Field | null> {
    const value = this.#value;
    const hasExtra = typeof value === 'object' && value !== null && Object.hasOwn(value, extra);
    const fields = hasExtra ? this.fields<string>(extra, ...names) : { ...this.fields(...names), [extra]: null };
    return fields as Record<Name, Field> & Record<Extra, Field | null>;
  }

  list(max: number): Field[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length > max) throw this.fault(`is no list of at most ${max}`);
    return value.map((each) => new Field(each, this.#name));
  }

  /** A list of exactly this many values. */
  tuple(count: number): Field[] {
    const list = this.list(count);
    if (list.length !== count) throw this.fault(`is no list of ${count}`);
    return list;
  }

  whole(max = Number.MAX_SAFE_INTEGER, min = 0): number {
    const value = this.#value;
    if (!isWhole(value) || value < min || value > max) throw this.fault('is not a whole number in its range');
    return value;
  }

  /** Any number: JSON has no infinite ones but those that are too large. */
  number(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.fault('is no number');
    return value;
  }

  time(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || Object.is(value, -0) || !isTime(value))
      throw this.fault('is no time');
    return value;
  }

  text(max: number): string {
    const value = this.#value;
    if (typeof value !== 'string' || value.length > max) throw this.fault(`is no text of at most ${max}`);
    return value;
  }

  /** The name of a partition. */
  name(): string {
    const text = this.text(64);
    if (!isName(text)) throw this.fault('is no name');
    return text;
  }

  /** The name of a producer, or of a member of a group. */
  clientName(): string {
    const text = this.text(CLIENT_NAME_MAX);
    if (!isClientName(text)) throw this.fault('is no name');
    return text;
  }

  token(): string {
    const text = this.text(64);
    if (!/^[A-Za-z0-9_-]+$/.test(text)) throw this.fault('is no token');
    return text;
  }

  /** That many bytes in lower-case hex. */
  hex(bytes: number): Buffer {
    const text = this.text(bytes * 2);
    if (text.length !== bytes * 2 || !/^[0-9a-f]*$/.test(text)) throw this.fault(`is not ${bytes} bytes in hex`);
    return Buffer.from(text, 'hex');
  }

  /** At most that many bytes, in lower-case hex. */
  hexUpTo(bytesMax: number): Buffer {
    const text = this.text(bytesMax * 2);
    if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw this.fault('is not hex');
    return Buffer.from(text, 'hex');
  }

  /** The text of a routing. */
  routing(): RoutingSpec {
    try {
      return parseRoutingSpec(this.text(ROUTING_MAX));
    } catch (cause) {
      throw malformed(`${this.#name} cannot be read`, cause);
    }
  }

  flag(): boolean {
    const value = this.#value;
    if (typeof value !== 'boolean') throw this.fault('is neither true nor false');
    return value;
  }

  /** Null, or what `read` makes of the value. */
  orNull<Value>(read: (field: Field) => Value): Value | null {
    return this.isNull ? null : read(this);
  }

  /** To be thrown: the value is not what it must be, by a rule of the caller's. */
  fault(fact: string): Error {
    return malformed(`${this.#name} ${fact}`);
  }
}

/** JSON of printable ASCII on one line, which any header may carry. */
export function toHeader(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
