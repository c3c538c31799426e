/** Suggests the name that was probably meant by an unknown one. */

import { closest, distance } from 'fastest-levenshtein';

/** Letters that may differ: one in three, at least two, because swapping two letters is a common typo. */
function errorsAllowed(name: string): number {
  return Math.max(2, Math.floor(name.length / 3));
}

/** Null if none of the names is close. */
export function nearName(given: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const name = closest(given, names);
  return distance(given, name) <= Math.min(errorsAllowed(name), name.length - 1) ? name : null;
}

/** Names of fields are short and often alike (`mag`, `sig`): of up to four letters one may differ, of longer ones two. */
const SHORT_NAME = 4;

/** Whether one name of a field may be a misspelling of another; case does not count. */
export function isNear(given: string, name: string): boolean {
  const [one, other] = [given.toLowerCase(), name.toLowerCase()];
  return distance(one, other) <= Math.min(other.length > SHORT_NAME ? 2 : 1, other.length - 1);
}
