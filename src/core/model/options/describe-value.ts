/**
 * Describes a value of any type in a few words, for messages about arguments. Runs no code of the value: no toString,
 * no getter.
 */

import { types } from 'node:util';
import { quoted } from '../text/quoting.ts';

const CHARACTERS_MAX = 80;

export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(shortened(value));
    case 'bigint':
      return `${shortened(String(value))}n`;
    case 'symbol':
    case 'function':
      return `a ${typeof value}`;
    case 'object':
      return describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object | null): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (types.isDate(value)) return Number.isNaN(Date.prototype.getTime.call(value)) ? 'an invalid Date' : 'a Date';
  if (types.isMap(value)) return 'a Map';
  if (types.isSet(value)) return 'a Set';
  return types.isPromise(value) ? 'a promise that was not awaited' : 'an object';
}

function shortened(text: string): string {
  return text.length <= CHARACTERS_MAX ? text : `${text.slice(0, CHARACTERS_MAX)}…`;
}
