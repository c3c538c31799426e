/** Builds the line in which a router would have read a given key. */

import type { RoutingSpec } from '../model/routing/routing.ts';
import { FieldKind, type RoutableLine } from '../scan/scanned-field.ts';

const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** `parts`: one for each field of the routing. With numeric bounds a key is a number, otherwise a text. */
export function lineOfKey(spec: RoutingSpec, parts: readonly string[]): RoutableLine {
  const isNumeric = spec.rule === 'range' && spec.bounds.kind === 'number';
  const fields = parts.map((part) => (isNumeric && NUMBER.test(part) ? part : JSON.stringify(part)));
  const pieces = fields.map((field) => Buffer.from(field));
  const bytes = Buffer.concat(pieces);
  const ends = pieces.map((_, at) => pieces.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0));
  return {
    bytes,
    payloadStart: 0,
    payloadEnd: bytes.length,
    kind: (nth) => kindOf(fields[nth] as string),
    start: (nth) => (nth === 0 ? 0 : (ends[nth - 1] as number)),
    end: (nth) => ends[nth] as number,
  };
}

function kindOf(field: string): FieldKind {
  if (field.startsWith('"')) return field.includes('\\') ? FieldKind.ESCAPED_STRING : FieldKind.STRING;
  return /[.eE]/.test(field) ? FieldKind.DECIMAL : FieldKind.INTEGER;
}
