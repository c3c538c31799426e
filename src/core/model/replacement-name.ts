/** Names of small files until they replace another as a whole: a cursor, a digest, a page. No I/O. */

const REPLACEMENT = /^\.completengine-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Base name of a new one, random: a link at a predictable name would lead what is written elsewhere. */
export function replacementName(): string {
  // the global crypto: loading node:crypto costs a small command a tenth of its time
  return `.completengine-${crypto.randomUUID()}`;
}

/** Whether a file of this base name is one that is being written, for milliseconds, or whose writer was killed. */
export function isReplacementName(name: string): boolean {
  return REPLACEMENT.test(name);
}
