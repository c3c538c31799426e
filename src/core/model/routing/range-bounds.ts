/**
 * The bounds of a range routing: numbers, texts or times, all of one kind and strictly increasing. Parses and formats
 * them. No I/O.
 */

import { types } from 'node:util';
import { invalidArgument } from '../ledger-error.ts';
import { compareDecimals, type Decimal, formatDecimal, readDecimal } from '../text/decimal.ts';
import { quoted, readName } from '../text/quoting.ts';
import { describeTimeFault, formatTime, type Micros, NO_TIME, type TimeReading } from '../time/time.ts';
import { readDateTime } from '../time/time-text.ts';
import { PARTITIONS_MAX } from './partition.ts';

export type RangeBounds =
  /** In the canonical spelling of `formatDecimal`. */
  | { readonly kind: 'number'; readonly values: readonly string[] }
  /** In the order of their UTF-8 bytes. */
  | { readonly kind: 'text'; readonly values: readonly string[] }
  | { readonly kind: 'time'; readonly values: readonly Micros[] };

/** A bound in the library: numbers, texts, and as times Dates or texts with an offset. */
export type RangeBound = number | bigint | string | Date;

type Bound =
  | { readonly kind: 'number'; readonly value: Decimal }
  | { readonly kind: 'text'; readonly value: string }
  | TimeBound;
type TimeBound = { readonly kind: 'time'; readonly value: Micros };

const KINDS = { number: 'a number', text: 'a string', time: 'a time' } as const;

/** @throws LedgerError INVALID_ARGUMENT */
export function boundsOf(values: readonly RangeBound[]): RangeBounds {
  return gather(values.map(boundOf));
}

/**
 * Formats bounds as in a routing: numbers and times bare, texts bare if they are words, otherwise quoted.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function parseBounds(texts: readonly string[]): RangeBounds {
  return gather(texts.map(parseBound));
}

/** The texts that {@link parseBounds} reads back. */
export function formatBounds(bounds: RangeBounds): readonly string[] {
  switch (bounds.kind) {
    case 'number':
      return bounds.values;
    case 'text':
      return bounds.values.map((text) => (WORD.test(text) ? text : quoted(text)));
    case 'time':
      return bounds.values.map((time) => formatTime(time).replace(/\.?0+Z$/, 'Z'));
  }
}

// a bare text starts with a letter, so that a typo in a number never becomes a text
const WORD = /^\p{L}[\p{L}\p{N}_-]*$/u;

function boundOf(value: RangeBound): Bound {
  if (types.isDate(value)) return dateBound(value);
  if (typeof value === 'string')
    return readTime(value).fault === undefined ? timeBound(value) : { kind: 'text', value };
  return numberBound(String(value));
}

function dateBound(date: Date): TimeBound {
  if (!Number.isNaN(date.getTime())) return timeBound(date.toISOString());
  throw invalidArgument('a bound is an invalid Date', 'use a valid one');
}

function parseBound(text: string): Bound {
  if (text === '') throw invalidArgument('a bound is missing', 'write range:FIELD=BOUND,BOUND');
  if (text.startsWith('"')) {
    const read = readName(text);
    if ('name' in read) return { kind: 'text', value: read.name };
    throw invalidArgument(
      `the bound ${shown(text)} cannot be read: ${read.fault}`,
      'write a text as JSON does, in double quotes',
    );
  }
  if (WORD.test(text)) return { kind: 'text', value: text };
  return /^\d{4}-\d\d-\d\d[Tt ]/.test(text) ? timeBound(text) : numberBound(text);
}

function numberBound(text: string): Bound {
  const value = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? readDecimal(text) : null;
  if (value !== null) return { kind: 'number', value };
  throw invalidArgument(
    `the bound ${shown(text)} is neither a number, nor a time with a zone, nor a word`,
    'write 12.5, 2026-01-01T00:00:00Z, or a text in double quotes',
  );
}

function timeBound(text: string): TimeBound {
  const { time, fault } = readTime(text);
  if (fault !== undefined)
    throw invalidArgument(`the bound ${shown(text)} ${describeTimeFault(fault)}`, 'write 2026-01-01T00:00:00Z');
  if (/\.\d{6}\d*[1-9]/.test(text))
    throw invalidArgument(
      `the bound ${shown(text)} lies between two microseconds`,
      'write at most six digits after the point',
    );
  return { kind: 'time', value: time };
}

function readTime(text: string): TimeReading {
  const reading: TimeReading = { time: NO_TIME, fault: undefined };
  const bytes = Buffer.from(text);
  readDateTime(bytes, 0, bytes.length, reading);
  return reading;
}

function gather(bounds: readonly Bound[]): RangeBounds {
  if (bounds.length === 0) throw invalidArgument('a range needs a bound', 'write range:FIELD=BOUND,BOUND');
  if (bounds.length >= PARTITIONS_MAX) {
    throw invalidArgument(
      `${bounds.length} bounds make ${bounds.length + 1} partitions`,
      `a ledger has at most ${PARTITIONS_MAX} partitions`,
    );
  }
  for (const [at, bound] of bounds.entries()) {
    const before = bounds[at - 1];
    if (before === undefined) continue;
    const both = `${showBound(before)} and ${showBound(bound)}`;
    if (before.kind !== bound.kind)
      throw invalidArgument(
        `the bounds ${both} are ${KINDS[before.kind]} and ${KINDS[bound.kind]}`,
        'use bounds of one kind',
      );
    if (compare(before, bound) >= 0)
      throw invalidArgument(`bounds must increase, but ${both} do not`, 'list each bound once, in ascending order');
  }
  return collect(bounds);
}

function collect(bounds: readonly Bound[]): RangeBounds {
  const kind = bounds[0]?.kind ?? 'number';
  switch (kind) {
    case 'number':
      return { kind, values: bounds.flatMap((bound) => (bound.kind === kind ? [formatDecimal(bound.value)] : [])) };
    case 'text':
      return { kind, values: bounds.flatMap((bound) => (bound.kind === kind ? [bound.value] : [])) };
    case 'time':
      return { kind, values: bounds.flatMap((bound) => (bound.kind === kind ? [bound.value] : [])) };
  }
}

function compare(one: Bound, other: Bound): number {
  if (one.kind === 'number' && other.kind === 'number') return compareDecimals(one.value, other.value);
  if (one.kind === 'time' && other.kind === 'time') return one.value - other.value;
  // JavaScript compares UTF-16, where U+1F41F precedes U+FF5E
  return Buffer.compare(Buffer.from(String(one.value)), Buffer.from(String(other.value)));
}

function showBound(bound: Bound): string {
  return shown(formatBounds(collect([bound]))[0] ?? '');
}

function shown(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
