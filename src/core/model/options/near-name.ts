/** The name that somebody may have meant who wrote another. */

import { closest, distance } from 'fastest-levenshtein';

/** So many letters of a name may be otherwise: one of three, at least two, because two letters are easily exchanged. */
function errorsAllowed(name: string): number {
  return Math.max(2, Math.floor(name.length / 3));
}

/** Null where none of the names is near. */
export function nearName(given: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const name = closest(given, names);
  return distance(given, name) <= Math.min(errorsAllowed(name), name.length - 1) ? name : null;
}
