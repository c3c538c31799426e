/** The test oracle for the scanner: a strict reading of a line by the platform's decoder and parser. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface Opinion {
  readonly text: string;
  readonly value: unknown;
}

/** The text and value of the line; null if it is not UTF-8 or not JSON. */
export function readStrictly(line: Uint8Array): Opinion | null {
  try {
    const text = utf8.decode(line);
    return { text, value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** The value at the end of a path through objects; undefined if the path does not exist. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Whether a key on one of the paths occurs twice in its object: JSON.parse silently takes the last one. */
export function hasKeyTwice(text: string, paths: readonly (readonly string[])[]): boolean {
  const watched = new Set(paths.flatMap((path) => path.map((_, depth) => JSON.stringify(path.slice(0, depth + 1)))));
  const met = new Set<string>();
  /** The keys of the open containers; null for one in an array, which no path reaches. */
  const open: { path: readonly string[] | null; isObject: boolean; isKeyNext: boolean }[] = [];
  let path: readonly string[] | null = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const container = open.at(-1);
    if (token === '{' || token === '[') {
      open.push({ path: token === '{' ? path : null, isObject: token === '{', isKeyNext: true });
      path = null;
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',') {
      if (container !== undefined) container.isKeyNext = true;
      path = null;
    } else if (token !== ':' && container?.isObject && container.isKeyNext) {
      container.isKeyNext = false;
      path = container.path === null ? null : [...container.path, JSON.parse(token) as string];
      const name = JSON.stringify(path);
      if (path === null || !watched.has(name)) continue;
      if (met.has(name)) return true;
      met.add(name);
    }
  }
  return false;
}
