/** Finds the path that was meant where an event has no field at the one that was written. No I/O. */

import { type FieldPath, formatFieldPath, type PathStep } from './field-path.ts';

/**
 * The text of a path that reaches a value with the same names: names joined by dots into one (`id.orig_h` of Zeek must be
 * quoted), or a number as the index of an array (`items.0` is `items[0]`). Null if there is none, or if the path itself
 * leads to a value.
 */
export function nearPath(path: FieldPath, payload: unknown): string | null {
  const found = walk(path, payload);
  if (found === null) return null;
  const text = formatFieldPath(found);
  return text === formatFieldPath(path) ? null : text;
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
