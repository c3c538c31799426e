/** A key that was given with the emission, as a line that holds it in the fields that routing reads. */

import { invalidArgument, type LedgerError } from '../model/ledger-error.ts';
import type { RoutingSpec } from '../model/routing.ts';
import { FieldKind, type RoutableLine } from '../model/scanned-field.ts';

interface Field {
  readonly kind: FieldKind;
  readonly start: number;
  readonly end: number;
}

/** As JSON writes a number, or a string that stands for itself. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** @throws LedgerError INVALID_ARGUMENT for a text that is no key of this routing. */
export function lineOfKey(spec: RoutingSpec, key: string): RoutableLine {
  if (key === '') throw invalidArgument('a key of no characters cannot be given', 'give a key, or leave it out and each event has its own');
  const values = valuesOf(spec, wellFormed(key));
  const bytes = Buffer.from(values.join(','), 'utf8');
  const fields: Field[] = [];
  let start = 0;
  for (const value of values) {
    const end = start + Buffer.byteLength(value, 'utf8');
    fields.push({ kind: kindOf(value), start, end });
    start = end + 1;
  }
  const field = (nth: number): Field => fields[nth] ?? { kind: FieldKind.ABSENT, start: 0, end: 0 };
  return {
    bytes,
    payloadStart: 0,
    payloadEnd: bytes.length,
    kind: (nth) => field(nth).kind,
    start: (nth) => field(nth).start,
    end: (nth) => field(nth).end,
  };
}

/** The values of the fields as JSON. A text among numbers as bounds is a number where it reads as one. */
function valuesOf(spec: RoutingSpec, key: string): readonly string[] {
  if (spec.rule === 'composite') return partsOf(key, spec.fields.length).map((part) => JSON.stringify(part));
  const isNumber = spec.rule === 'range' && spec.bounds.kind === 'number' && NUMBER.test(key);
  return [isNumber ? key : JSON.stringify(key)];
}

function kindOf(value: string): FieldKind {
  if (!value.startsWith('"')) return /[.eE]/.test(value) ? FieldKind.DECIMAL : FieldKind.INTEGER;
  return value.includes('\\') ? FieldKind.ESCAPED_STRING : FieldKind.STRING;
}

/** The parts of a composite key, written as envelopes show it. */
function partsOf(key: string, count: number): readonly string[] {
  const parts = jsonOf(key);
  if (!Array.isArray(parts) || parts.length !== count || !parts.every((part) => typeof part === 'string')) throw noComposite(key, count);
  return parts.map(wellFormed);
}

/** Unpaired surrogates as U+FFFD, as in keys that are read. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function noComposite(key: string, count: number): LedgerError {
  const example = JSON.stringify(Array.from({ length: count }, (_, nth) => `part ${nth + 1}`));
  return invalidArgument(`'${key.slice(0, 80)}' is no key of ${count} parts`, `write them as a JSON list of texts: ${example}`);
}
