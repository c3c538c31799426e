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
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} is not a JSON number`);
    if (types.isPromise(value)) throw new TypeError('it is a promise that was not awaited');
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) throw new TypeError(`it is ${describeValue(value)}`);
    // only an emptied object such as a Map writes {}; a replacer on every event would make each three times as slow
    if (json.includes('{}')) JSON.stringify(value, refuseEmptied);
    return json;
  } catch (cause) {
    const [reason] = (cause instanceof Error ? String(cause.message) : describeValue(cause)).split('\n');
    throw new LedgerError('BAD_LINE', {
      message: `emit(): event ${at + 1} has no JSON: ${reason}`,
      hint: 'emit JSON values or JSON text; convert a Map with Object.fromEntries(map), a Set or another iterable to a list',
      details: { source: 'emit()', line: at + 1 },
      cause,
    });
  }
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
    throw new TypeError(`${key === '' ? 'it' : describeValue(key)} is of the class ${name}, which JSON writes as {}`);
  }
  return value;
}
