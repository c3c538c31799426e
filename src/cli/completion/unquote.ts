/** Reads a word as bash users type it, perhaps with an open quote. Expands nothing: `$(..)` stays text. */

const PIECE = /\\([\s\S]?)|'([^']*)'?|"((?:\\[\s\S]|[^"\\])*)"?|([^\\'"]+)/g;

export function unquoteWord(word: string): string {
  return Array.from(word.matchAll(PIECE), ([, escaped, single, double, bare]) => {
    if (double !== undefined) return double.replace(/\\([$`"\\])/g, '$1');
    return escaped ?? single ?? bare ?? '';
  }).join('');
}
