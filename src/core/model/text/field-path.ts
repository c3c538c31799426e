/** A field of a payload, named by a dotted path: `properties.net`, `items[0].id`. No I/O. */

import { LedgerError } from '../ledger-error.ts';
import { formatName, readName, splitOutsideQuotes } from './quoting.ts';

/** One step down: the key of an object, or the index of an array's element, from 0. */
export type PathStep = string | number;

/** The steps from the payload's root down to the field, outermost first; at least one. */
export type FieldPath = readonly PathStep[];

/** A path of a condition: `each` leads on from every element of the array at `path`; null if there is no `[]`. */
export interface ElementPath {
  /** Empty for a payload that is an array itself. */
  readonly path: FieldPath;
  readonly each: ElementPath | null;
}

/** Larger than the number of elements in the longest payload. */
const INDEX_MAX = 2 ** 31 - 1;
/** A name, bare or quoted, and the brackets after it. */
const PART = /^("(?:[^"\\]|\\.)*"|[^[\]]*)((?:\[[^[\]]*\])*)$/s;
const ANY = null;

/**
 * Parses a dotted path; names with a dot or other special characters are in double quotes, and elements of arrays in
 * brackets: `items[0].id`, `[0]` where the payload is an array.
 * @throws LedgerError INVALID_ARGUMENT
 */
export function parseFieldPath(text: string): FieldPath {
  return stepsOf(text).map((step) => {
    if (step !== ANY) return step;
    throw notAPath(text, "'[]' for any element has a place in conditions alone, and an index is a number from 0");
  });
}

/** As {@link parseFieldPath}, with `[]` for any element of an array: `tags[]`, `items[].id`. */
export function parseElementPath(text: string): ElementPath {
  const steps = stepsOf(text);
  const from = (start: number): ElementPath => {
    const any = steps.indexOf(ANY, start);
    const path = steps.slice(start, any < 0 ? undefined : any) as PathStep[];
    return { path, each: any < 0 ? null : from(any + 1) };
  };
  return from(0);
}

/** The text that {@link parseFieldPath} reads back. */
export function formatFieldPath(path: FieldPath): string {
  return path
    .map((step, nth) => (typeof step === 'number' ? `[${step}]` : `${nth === 0 ? '' : '.'}${formatName(step)}`))
    .join('');
}

/** The text that {@link parseElementPath} reads back. */
export function formatElementPath({ path, each }: ElementPath): string {
  if (each === null) return formatFieldPath(path);
  const rest = formatElementPath(each);
  return `${formatFieldPath(path)}[]${rest === '' || rest.startsWith('[') ? '' : '.'}${rest}`;
}

/** Parses paths that are joined by `+`: `source+id`. At least one. @throws LedgerError INVALID_ARGUMENT */
export function parseFieldPaths(text: string): readonly FieldPath[] {
  return splitOutsideQuotes(text, '+').map(parseFieldPath);
}

/** The text that {@link parseFieldPaths} reads back. */
export function formatFieldPaths(paths: readonly FieldPath[]): string {
  return paths.map(formatFieldPath).join('+');
}

function stepsOf(text: string): (PathStep | typeof ANY)[] {
  return splitOutsideQuotes(text, '.').flatMap((part, nth) => {
    const [, name = part, brackets = ''] = PART.exec(part) ?? [];
    const indices = [...brackets.matchAll(/\[([^\]]*)\]/g)].map(([, index = '']) => readIndex(text, index));
    if (name === '' && nth === 0 && indices.length > 0) return indices;
    const read = readName(name);
    if ('name' in read) return [read.name, ...indices];
    throw notAPath(text, read.fault);
  });
}

function readIndex(text: string, index: string): number | typeof ANY {
  if (index === '') return ANY;
  const number = /^(?:0|[1-9]\d*)$/.test(index) ? Number(index) : Number.NaN;
  if (number <= INDEX_MAX) return number;
  throw notAPath(text, `an index is a number from 0, not '${index.slice(0, 20)}'`);
}

function notAPath(text: string, fact: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', {
    message: `'${text.slice(0, 80)}' is not a field path: ${fact}`,
    hint: 'write the keys from the root, joined by dots: properties.net, items[0].id, or properties."a.b"',
    details: { path: text },
  });
}
