/** Locations of ledgers: the path of a file, or a text that begins with `SCHEME://`. No I/O. */

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** In lower case; null for the path of a file. */
export function schemeOf(location: string): string | null {
  // most locations are paths, and the expression is compiled at its first use
  if (!location.includes('://')) return null;
  return SCHEME.exec(location)?.[1]?.toLowerCase() ?? null;
}

/** Hides everything between the scheme and the last `@`, however wrong the text is. */
export function withoutCredentials(location: string): string {
  return location.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)?.*@/s, '$1');
}

/** A location for people: without credentials. A path stays as it is. */
export function displayedLocation(location: string): string {
  return schemeOf(location) === null ? location : withoutCredentials(location);
}
