/** Shortens the heads in a line that would wrap on a terminal: `1707:9f31ab2c` for the 64 digits that `--expect-head` takes. */

const HEAD = /\b(\d+:[0-9a-f]{8})[0-9a-f]{56}\b/g;

/** `columns`: of the terminal; undefined: a pipe or a file, which gets all. */
export function shortenHeads(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  // by characters: the library that measures wide ones would be loaded at every start
  return text
    .split('\n')
    .map((line) => (line.length > columns ? line.replace(HEAD, '$1') : line))
    .join('\n');
}
