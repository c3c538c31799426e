/** The text of a unique id that consists of several fields. Stable across versions: ids are compared with those that are stored. No I/O. */

/** One field's text as it is; of several, a JSON list, in which no two lists are alike: `["a","bc"]` is not `["ab","c"]`. At least one. */
export function uniqueIdOf(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  return others.length === 0 ? first : JSON.stringify(texts);
}
