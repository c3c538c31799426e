/**
 * Converts an emitted value to its stored line: JSON text unchanged, anything else through JSON.stringify. Rejects
 * values that JSON.stringify would lose.
 */

import { types } from 'node:util';
import { LedgerError } from '../model/ledger-error.ts';
import { describeValue } from '../model/options/describe-value.ts';

/** An event to emit: JSON text as string or bytes is stored unchanged, anything else as JSON.stringify writes it. */
export type EventInput = string | Uint8Array | object | number | boolean | null;

/**
 * `at`: index of the event in its call, from 0.
 * @throws LedgerError BAD_LINE for a value without JSON, or whose JSON drops part of it
 */
export function toLine(event: EventInput, at: number): Buffer {
  if (typeof event === 'string') return Buffer.from(event, 'utf8');
  // Node's own test: bytes from another realm would become an object of numbers
  if (types.isUint8Array(event)) return Buffer.from(event);
  return Buffer.from(toJson(event, at), 'utf8');
}

function toJson(value: unknown, at: number): string {
  try {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new NotJson(`${value} is not a JSON number`, HINTS.nulled);
    if (typeof value === 'bigint') throw new NotJson('it is a BigInt', HINTS.bigint);
    if (types.isPromise(value)) throw new NotJson('it is a promise that was not awaited', HINTS.promise);
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) throw new TypeError(`it is ${describeValue(value)}`);
    // only an emptied object such as a Map writes {}; a replacer on every event would make each three times as slow
    if (json.includes('{}')) JSON.stringify(value, refuseEmptied);
    if (json.includes('null')) refuseNulled('', value);
    return json;
  } catch (cause) {
    const [reason] = (cause instanceof Error ? String(cause.message) : describeValue(cause)).split('\n');
    throw new LedgerError('BAD_LINE', {
      message: `emit(): event ${at + 1} has no JSON: ${reason}`,
      hint: cause instanceof NotJson ? cause.hint : hintFor(cause),
      details: { source: 'emit()', line: at + 1 },
      cause,
    });
  }
}

const HINTS = {
  any: 'emit JSON values or JSON text',
  bigint: 'write a BigInt as a text, with String(value)',
  promise: 'await the promise first',
  emptied: 'convert a Map with Object.fromEntries(map), a Set or another iterable to a list',
  nulled: 'write null yourself if it is meant',
} as const;

/** A value that JSON.stringify would lose, with what to do about it. */
class NotJson extends TypeError {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** For what JSON.stringify itself refuses: a BigInt inside, a cycle, or what a toJSON throws. */
function hintFor(cause: unknown): string {
  return cause instanceof TypeError && /\bBigInt\b/.test(cause.message) ? HINTS.bigint : HINTS.any;
}

const EMPTIED = [
  types.isMap,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
  types.isPromise,
  types.isAnyArrayBuffer,
  types.isRegExp,
  types.isNativeError,
  types.isGeneratorObject,
];

function refuseEmptied(key: string, value: unknown): unknown {
  if (EMPTIED.some((is) => is(value)) && Object.keys(value as object).length === 0) {
    const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
    const hint = types.isPromise(value) ? HINTS.promise : HINTS.emptied;
    throw new NotJson(`${nameOf(key)} is of the class ${name}, which JSON writes as {}`, hint);
  }
  return value;
}

/** A replacer sees a Date only as its text, so the value is walked. It has no cycle: it was written before. */
function refuseNulled(key: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new NotJson(`${nameOf(key)} is ${value}, which JSON writes as null`, HINTS.nulled);
  if (typeof value !== 'object' || value === null) return;
  if (types.isDate(value)) {
    if (Number.isNaN(Date.prototype.getTime.call(value)))
      throw new NotJson(`${nameOf(key)} is an invalid Date, which JSON writes as null`, HINTS.nulled);
    return;
  }
  // its toJSON says what is written
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return;
  for (const [name, inner] of Object.entries(value)) refuseNulled(name, inner);
}

function nameOf(key: string): string {
  return key === '' ? 'it' : describeValue(key);
}
