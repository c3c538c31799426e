/** Finds the place of a mutant in the sources. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The source with the bug planted. @throws Error for a mutant whose text is not there once: it is stale */
export function planted(root, { name, file, find, replace }) {
  const source = readFileSync(join(root, file), 'utf8');
  const places = source.split(find).length - 1;
  if (places !== 1) throw new Error(`stale mutant '${name}': its text occurs ${places} times in ${file}`);
  return source.replace(find, () => replace);
}
