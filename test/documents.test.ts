/** What the documents say of the tree is there: a file that was renamed is renamed in them, too. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Where paths in the text begin: mostly at the root. */
const BASES = ['', 'src', 'src/core'];

function documentsIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => join(folder, name));
}

function captures(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, captured]) => captured as string);
}

test.each(['', 'docs', 'docs/decisions', 'bench'].flatMap(documentsIn))(
  '%s names files and folders that are there, and links to such',
  (document) => {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const named = captures(text, /`((?:src|test|kernel|bench|docs|scripts|fixtures|model|ledger|engine)\/[\w./-]+)`/g);
    const linked = captures(text, /\]\((?!https?:)([^)#]+)/g);
    expect(named.filter((path) => !BASES.some((base) => existsSync(join(ROOT, base, path))))).toEqual([]);
    expect(linked.filter((path) => !existsSync(join(ROOT, dirname(document), path)))).toEqual([]);
  },
);
