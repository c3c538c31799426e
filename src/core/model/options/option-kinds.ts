/** The kinds of option values: how each is named in messages, and how it is read. No I/O. */

import { types } from 'node:util';
import type { Clock } from '../time/clock.ts';
import type { Timer } from '../time/timer.ts';

export interface Kind<Value> {
  /** Name of the kind, as in `expected a whole number from 1`. */
  readonly expected: string;
  /** The value as the call uses it; undefined if it is of another kind. */
  read(value: unknown): Value | undefined;
  /** Options nested in an option; at least one must be named. */
  readonly table?: object | undefined;
  /** A name that the option had, to say how it is called now. */
  readonly formerly?: string | undefined;
  readonly isRequired?: boolean | undefined;
}

/** One kind per option: the compiler detects a missing one, or one of another type. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: Kind<Exclude<Options[Name], undefined>> };

/** A kind defined by a predicate; the value is used unchanged. */
export function kindOf<Value>(expected: string, holds: (value: unknown) => boolean): Kind<Value> {
  return { expected, read: (value) => (holds(value) ? (value as Value) : undefined) };
}

export function required<Value>(kind: Kind<Value>): Kind<Value> {
  return { ...kind, isRequired: true };
}

export function formerly<Value>(name: string, kind: Kind<Value>): Kind<Value> {
  return { ...kind, formerly: name };
}

/** Either of two kinds; the first that fits reads the value. */
export function either<One, Other>(one: Kind<One>, other: Kind<Other>): Kind<One | Other> {
  return { expected: `${one.expected} or ${other.expected}`, read: (value) => one.read(value) ?? other.read(value) };
}

/** A copied list: later changes by the caller do not count. `expected` names the whole list. */
export function listOf<Value>(kind: Kind<Value>, expected: string): Kind<readonly Value[]> {
  const read = (value: unknown): readonly Value[] | undefined => {
    if (!Array.isArray(value)) return undefined;
    const items = Array.from(value, (item) => (item === undefined ? undefined : kind.read(item)));
    return items.includes(undefined) ? undefined : (items as Value[]);
  };
  return { expected, read };
}

export function oneOf<Word extends string>(...words: readonly Word[]): Kind<Word> {
  return kindOf(words.map((word) => `'${word}'`).join(' or '), (value) => words.includes(value as Word));
}

/** Options nested in an option. */
export function group<Options extends object>(table: OptionTable<Options>): Kind<Options> {
  const names = Object.keys(table);
  return {
    expected: `an object with ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`,
    read: () => undefined,
    table,
  };
}

/** A callback. */
export function hook<Hook>(): Kind<Hook> {
  return kindOf('a function', (value) => typeof value === 'function');
}

export const text: Kind<string> = kindOf('a string', (value) => typeof value === 'string');
export const texts = listOf(text, 'a list of strings');
export const flag: Kind<boolean> = kindOf('true or false', (value) => typeof value === 'boolean');
/** Any number; the call itself checks its range. */
export const number: Kind<number> = kindOf('a number', (value) => typeof value === 'number');
export const whole: Kind<number> = kindOf(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** A number of things of which there must be at least one. */
export const positive: Kind<number> = kindOf('a whole number from 1', isPositive);
export const sequence: Kind<number> = kindOf('a sequence, a whole number from 1', isPositive);
/** A count that may be unlimited. */
export const limit: Kind<number> = kindOf(
  'a whole number from 1, or Infinity',
  (value) => value === Number.POSITIVE_INFINITY || isPositive(value),
);
export const millis: Kind<number> = kindOf(
  'a number of milliseconds from 0',
  (value) => typeof value === 'number' && value >= 0,
);
const date: Kind<Date> = {
  expected: 'a valid Date',
  // by Node's own test, which accepts a Date of another realm too
  read: (value) => (types.isDate(value) && !Number.isNaN(value.getTime()) ? new Date(value.getTime()) : undefined),
};
export const time: Kind<string | Date> = { ...either(text, date), expected: 'a time as a string or a valid Date' };
export const place: Kind<string | Date> = {
  ...time,
  expected: "'start', 'end', or a time as a string or a valid Date; a sequence is the option fromSequence",
};
export const signal: Kind<AbortSignal> = kindOf(
  'an AbortSignal',
  (value) => hasMethods(value, ['addEventListener', 'removeEventListener']) && 'aborted' in value,
);
export const clock: Kind<Clock> = kindOf('a clock with nowMicros()', (value) => hasMethods(value, ['nowMicros']));
export const timer: Kind<Timer> = kindOf('a timer with nowMs() and wait()', (value) =>
  hasMethods(value, ['nowMs', 'wait']),
);

export function hasMethods(value: unknown, names: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}
