/** Suggests the name that was probably meant by an unknown one. */

import { closest, distance } from 'fastest-levenshtein';

/** Names of up to four letters are often alike (`step`, `grep`): one letter may differ. */
const SHORT_NAME = 4;
/** Two letters that are swapped, a common typo, count as two that differ. */
const SWAPPED = 2;

/** Letters that may differ: one in three, at least two in a longer name. */
function errorsAllowed(name: string): number {
  return name.length > SHORT_NAME ? Math.max(SWAPPED, Math.floor(name.length / 3)) : 1;
}

function isMistyped(given: string, name: string): boolean {
  const errors = distance(given, name);
  const allowed = Math.min(errorsAllowed(name), name.length - 1);
  return errors <= allowed || (errors === SWAPPED && letters(given) === letters(name));
}

function letters(name: string): string {
  return [...name].sort().join('');
}

/** Null if none of the names is close. */
export function nearName(given: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const name = closest(given, names);
  return isMistyped(given, name) ? name : null;
}

/** Whether one name of a field may be a misspelling of another: of up to four letters one may differ, of longer ones two; case does not count. */
export function isNear(given: string, name: string): boolean {
  const [one, other] = [given.toLowerCase(), name.toLowerCase()];
  return distance(one, other) <= Math.min(other.length > SHORT_NAME ? 2 : 1, other.length - 1);
}
