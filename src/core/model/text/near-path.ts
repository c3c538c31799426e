/** Finds the path that was meant where an event has no field at the one that was written. No I/O. */

import { isNear } from '../options/near-name.ts';
import { type FieldPath, formatFieldPath, type PathStep } from './field-path.ts';

/** Fields of a payload that are compared with the path: a hint is not worth more. */
const FIELDS_MAX = 1000;

/**
 * What a missing field may be, as a clause about it; null if nothing is close, or if the path itself leads to a value.
 * `is there as ..`: a path with the same names. They are joined by dots into one (`id.orig_h` of Zeek must be quoted), a
 * number is the index of an array (`items.0` is `items[0]`), or they are further down (`mag` is `properties.mag`).
 * `may mean ..`: names that differ in case or in a letter or two, or without the names that lead there.
 */
export function nearPath(path: FieldPath, payload: unknown): string | null {
  const found = walk(path, payload);
  if (found !== null) {
    const text = formatFieldPath(found);
    return text === formatFieldPath(path) ? null : `is there as ${text}`;
  }
  return nearestField(path, payload);
}

/** As {@link nearPath}, in the bytes of a payload. One who can write the file can put anything there: what is no JSON has no paths. */
export function nearPathIn(path: FieldPath, payload: Buffer): string | null {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    return null;
  }
  return nearPath(path, value);
}

function walk(path: FieldPath, value: unknown): PathStep[] | null {
  const [step] = path;
  if (step === undefined) return [];
  if (Array.isArray(value)) {
    const index = /^(?:0|[1-9]\d*)$/.test(String(step)) ? Number(step) : -1;
    return index >= 0 && index < value.length ? prefixed(index, walk(path.slice(1), value[index])) : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  for (let count = 1; count <= path.length; count++) {
    const steps = path.slice(0, count);
    if (typeof steps.at(-1) === 'number') return null;
    const name = steps.join('.');
    const rest = Object.hasOwn(value, name) ? walk(path.slice(count), (value as Record<string, unknown>)[name]) : null;
    if (rest !== null) return [name, ...rest];
  }
  return null;
}

function prefixed(step: PathStep, rest: PathStep[] | null): PathStep[] | null {
  return rest === null ? null : [step, ...rest];
}

type Names = readonly string[];

/** How a field is like the one that was meant, the closest likeness first. */
const LIKENESSES: readonly (readonly [clause: string, isLike: (field: Names, meant: Names) => boolean])[] = [
  ['is there as', endsWith],
  ['may mean', (field, meant) => endsWith(meant, field)],
  ['may mean', (field, meant) => endsWith(field.map(lower), meant.map(lower))],
  ['may mean', (field, meant) => meant.every((name, at) => isNear(name, field.at(at - meant.length) ?? ''))],
];

function nearestField(path: FieldPath, payload: unknown): string | null {
  if (path.some((step) => typeof step === 'number')) return null;
  const meant = path as Names;
  const fields = fieldsOf(payload);
  for (const [clause, isLike] of LIKENESSES) {
    const field = fields.find((names) => isLike(names, meant));
    if (field !== undefined) return `${clause} ${formatFieldPath(field)}`;
  }
  return null;
}

function endsWith(names: Names, end: Names): boolean {
  const text = names.join('.');
  const tail = end.join('.');
  return text === tail || text.endsWith(`.${tail}`);
}

function lower(name: string): string {
  return name.toLowerCase();
}

/** The fields of the objects of a payload, those nearest to its root first; not those of arrays. */
function fieldsOf(payload: unknown): Names[] {
  const fields: Names[] = [];
  let level: (readonly [Names, unknown])[] = [[[], payload]];
  while (level.length > 0 && fields.length < FIELDS_MAX) {
    level = level.flatMap(([names, value]) =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? []
        : Object.entries(value).map(([name, below]) => [[...names, name], below] as const),
    );
    fields.push(...level.map(([names]) => names));
  }
  return fields.slice(0, FIELDS_MAX);
}
